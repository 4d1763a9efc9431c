"""The table of figures: what is added is found again; a damaged file is made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.models.run_figures import FigureValue, RunFigures, SeriesKey
from obrelease.registry.figures.table import open_table, table_path

SERIES = SeriesKey("imported", "demo", "", "v", "lab-7", "bm", "BM <Δ>", "ns", "lower", parameters='{"n":1}')


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(number: int, value: float = 1.5) -> RunFigures:
    return RunFigures(
        digest=f"{number:064x}",
        place="imported/demo",
        created_ns=2**63 + number,
        commit="ab" * 20,
        dirty=number % 2 == 0,
        toolchain="gcc 12",
        labels_json='{"branch":"main"}',
        listed_json='{"headline":"BM","passes":null}',
        figures=(FigureValue(SERIES, value, 1.0, 2.0, 7),),
    )


def test_points_are_what_was_added_in_order_of_time(tmp_path: Path) -> None:
    with open_table(tmp_path) as table:
        table.add([run(2, 2.5), run(1)])
    with open_table(tmp_path) as table:
        ((number, key),) = table.series().items()
        points = list(table.points(number))
    assert key == SERIES
    assert [(point.digest, point.value, point.dirty) for point in points] == [
        (f"{1:064x}", 1.5, False),
        (f"{2:064x}", 2.5, True),
    ]
    assert points[0].created_ns == 2**63 + 1
    assert (points[0].low, points[0].high, points[0].samples) == (1.0, 2.0, 7)
    assert points[0].labels == {"branch": "main"}


def test_listed_figures_and_known_digests(tmp_path: Path) -> None:
    with open_table(tmp_path) as table:
        table.add(run(number) for number in range(1200))
        wanted = [f"{number:064x}" for number in range(1100, 1300)]
        assert table.known(wanted) == set(wanted[:100])
        assert table.listed(wanted[:1]) == {wanted[0]: {"headline": "BM", "passes": None}}


def test_a_run_that_is_added_again_stays_as_it_is(tmp_path: Path) -> None:
    with open_table(tmp_path) as table:
        table.add([run(1)])
        table.add([run(1, 9.0)._replace(commit=None)])
        ((number, _),) = table.series().items()
        assert [point.value for point in table.points(number)] == [1.5]


def test_runs_that_are_gone_are_forgotten_and_the_stamp_is_kept(tmp_path: Path) -> None:
    with open_table(tmp_path) as table:
        table.add([run(1), run(2)])
        table.complete("imported/demo", "stamp", [run(1).digest])
        assert table.digests_in("imported/demo") == {run(2).digest}
        assert table.stamps() == {"imported/demo": "stamp"}


def test_each_results_folder_has_a_table_of_its_own(tmp_path: Path, home: Path) -> None:
    with open_table(tmp_path / "a") as table:
        table.add([run(1)])
    with open_table(tmp_path / "b") as table:
        assert table.series() == {}
    assert table_path(tmp_path / "a").is_relative_to(home)


@pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\0" + bytes(500)])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: bytes) -> None:
    with open_table(tmp_path) as table:
        table.add([run(1)])
    for extra in table_path(tmp_path).parent.glob("*-wal"):
        extra.unlink()
    table_path(tmp_path).write_bytes(damage)
    with open_table(tmp_path) as table:
        assert table.series() == {}
        table.add([run(1)])
        assert len(table.series()) == 1


def test_a_home_that_cannot_be_written_needs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    with open_table(tmp_path) as table:
        table.add([run(1)])
        assert len(table.series()) == 1
