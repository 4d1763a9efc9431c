"""Exports: every value as it was, whatever is in it; the folder replaced as a whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest

from obrelease.analytics import duckdb_library, write_export
from obrelease.analytics.export_folder import read_description
from obrelease.errors import NotFound, StorageError, UsageError
from obrelease.installation import install_extra
from obrelease.registry.figures.table import open_table
from tests.unit.analytics.made_up_export import DIGESTS, NAMES, entry, make_export

CREATED_NS: Final = 1_700_000_000_123_456_789


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    make_export(tmp_path / "export", tmp_path / "results")
    return tmp_path / "export"


def rows(export: Path, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    with duckdb.connect(":memory:") as connection:
        return connection.execute(
            f"SELECT {columns} FROM read_parquet('{export}/{table}.parquet')"
        ).fetchall()


def test_runs_are_exact_and_named_by_twelve_digits_or_all(export: Path) -> None:
    found = rows(
        export,
        "runs",
        'run_id, run, core, machine, "commit", dirty, epoch_ns(created), checks_failed, labels',
    )
    assert {row[1] for row in found} == {DIGESTS[0], DIGESTS[1], "bb" * 6, "cc" * 6}
    assert [row[0] for row in found] == [1, 2, 3, 4]
    by_run = {row[1]: row[2:] for row in found}
    labels = json.dumps({"runner": 'ci, "large"'})
    assert by_run[DIGESTS[1]] == ("native", "host", "ab" * 20, True, CREATED_NS + 1, 1, labels)
    assert by_run["bb" * 6] == ("native", None, "ab" * 20, False, CREATED_NS + 2, 2, None)
    assert by_run["cc" * 6] == (None, "host", None, None, None, None, labels)


def test_figures_have_every_bit_and_names_every_character(export: Path) -> None:
    with duckdb.connect(":memory:") as connection:
        found = connection.execute(
            "SELECT m.metric, f.value, f.low, f.high, f.samples"
            f" FROM read_parquet('{export}/figures.parquet') f"
            f" JOIN read_parquet('{export}/metrics.parquet') m USING (metric_key) WHERE m.metric <> 'hits'"
            " OR m.metric IS NULL ORDER BY f.value"
        ).fetchall()
    assert [row[1] for row in found] == [0.1 + 0.2 + number for number in (0, 1, 3)]
    assert {row[2:] for row in found} == {(5e-324, 1.7976931348623157e308, 7)}
    assert [row[0] for row in found[:2]] == list(NAMES[:2])
    assert found[2][0] == NAMES[3].replace("\0", "\N{REPLACEMENT CHARACTER}")


def test_a_missing_interval_is_null(export: Path) -> None:
    found = rows(export, "figures", "value, low, high, samples, run_id")
    bare = [row for row in found if row[1] is None]
    assert [row[:4] for row in bare] == [(0.0, None, None, None)] * 3
    assert sorted(row[4] for row in bare) == [1, 2, 4]


def test_the_description_counts_the_rows(export: Path) -> None:
    described = read_description(export)
    assert (described.runs, described.metrics, described.figures) == (4, 4, 6)
    assert {path.name for path in export.iterdir()} == {
        "export.json", "runs.parquet", "metrics.parquet", "figures.parquet",
    }  # fmt: skip


def test_an_export_is_replaced_and_another_folder_is_not(export: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in export.iterdir()}
    (export / "runs.parquet").write_bytes(b"damaged")
    make_export(export, tmp_path / "results")
    assert {path.name: path.read_bytes() for path in export.iterdir()} == before
    (export / "thesis.tex").touch()
    with pytest.raises(UsageError, match=r"other files: thesis\.tex"):
        make_export(export, tmp_path / "results")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export", "home"]


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, export: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "runs.parquet").write_bytes(b"of somebody else")
    link = tmp_path / "link"
    link.symlink_to(other)
    for place in (other, link, other / "runs.parquet"):
        with pytest.raises(UsageError):
            make_export(place, tmp_path / "results")
    assert (other / "runs.parquet").read_bytes() == b"of somebody else"


def test_after_a_failure_the_former_export_is_there(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in export.iterdir()}
    monkeypatch.setitem(write_export._COPIES, "figures", "SELECT error('the disk is full')")
    with pytest.raises(StorageError, match=r"the export cannot be written: .*the disk is full"):
        make_export(export, tmp_path / "results")
    assert {path.name: path.read_bytes() for path in export.iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export", "home"]


def test_no_runs_are_an_export_without_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with open_table(tmp_path / "results") as table:
        written = write_export.write_export(tmp_path / "export", (), table)
    assert (written.runs, written.figures) == (0, 0)
    assert rows(tmp_path / "export", "runs") == []


@pytest.mark.parametrize("name", ["a*", "b?", "[c]"])
def test_a_path_that_is_a_pattern_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot have"):
        make_export(tmp_path / name, tmp_path / "results")


def test_without_duckdb_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_library.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="exports and queries need DuckDB") as found:
        make_export(tmp_path / "export", tmp_path / "results")
    assert found.value.hint == install_extra("analytics")


def test_a_folder_that_is_no_export_is_named(tmp_path: Path, export: Path) -> None:
    with pytest.raises(NotFound, match="is not an export"):
        read_description(tmp_path)
    (export / "figures.parquet").unlink()
    with pytest.raises(NotFound, match=r"figures\.parquet"):
        read_description(export)
    assert entry(tmp_path, 0).digest == DIGESTS[0]
