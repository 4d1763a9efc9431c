"""`fsck` compares every folder, the index and the pins; harmless findings are notes."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from obrelease.models.artefact import ENVELOPE_NAME
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.strict_json import parse_strict
from obrelease.registry.check_folder import check_folder, find_artefacts
from obrelease.registry.fsck import fsck
from obrelease.registry.index import directory_stamps
from obrelease.registry.layout import INDEX_NAME
from obrelease.registry.store import Registry
from tests.drafts import draft, run_files


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recorded runs, copied for each test."""
    made = Registry(tmp_path_factory.mktemp("template") / "results")
    made.record(draft(1), run_files(1))
    made.record(draft(2), run_files(2))
    return made.root


@pytest.fixture
def root(tmp_path: Path, template: Path) -> Path:
    copied = Path(shutil.copytree(template, tmp_path / "results"))
    Registry(copied).reindex()  # the index of a copy is not its own
    return copied


@pytest.fixture
def folder(root: Path) -> Path:
    return find_artefacts(root)[0]


def test_an_edited_valid_envelope_is_reported_as_misplaced(root: Path, folder: Path) -> None:
    envelope = folder / ENVELOPE_NAME
    value = parse_strict(envelope.read_bytes(), "envelope")
    value["workload"]["messages"] += 1
    envelope.write_bytes(canonical_bytes(value))
    assert check_folder(folder).problems == ()
    assert [problem.rule for problem in fsck(root).problems] == ["place"]


def test_a_run_in_the_wrong_scenario_folder_is_misplaced(root: Path, folder: Path) -> None:
    moved = root / "stress" / "baseline" / folder.name
    moved.parent.mkdir(parents=True)
    folder.rename(moved)
    rules = {(problem.path, problem.rule) for problem in fsck(root).problems}
    assert rules == {(str(moved), "place"), (str(folder), "lost")}


def test_a_lost_run_that_is_in_the_index_is_reported(root: Path, folder: Path) -> None:
    shutil.rmtree(folder)
    assert [(problem.path, problem.rule) for problem in fsck(root).problems] == [(str(folder), "lost")]


def test_leftovers_and_hidden_files_are_notes(root: Path) -> None:
    (root / ".staging" / "123-abc").mkdir()
    (root / ".gitkeep").touch()
    (root / "README.md").touch()
    (root / "bench" / ".DS_Store").touch()
    report = fsck(root)
    assert report.problems == ()
    assert sorted(note.rule for note in report.notes) == ["staging", "stray", "stray"]


@pytest.mark.parametrize(
    "name", ["bench/stray.txt", "bench/baseline/stray.txt", "bench/baseline/copy-of-it/x"]
)
def test_an_unexpected_item_next_to_runs_is_a_problem(root: Path, name: str) -> None:
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).touch()
    (problem,) = fsck(root).problems
    assert problem.rule == "stray"


def test_a_run_that_is_not_indexed_yet_is_not_reported(root: Path) -> None:
    guest = Registry(root.parent / "other").record(draft(3), run_files())
    shutil.copytree(guest.folder, root / guest.location)
    report = fsck(root)
    assert (report.artefacts, report.problems, report.notes) == (3, (), ())


def test_a_row_missing_from_a_current_scenario_folder_is_reported(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stamp stored without listing the scenario folder is detected."""
    monkeypatch.setattr(directory_stamps, "SETTLE_NS", -(10**18))
    Registry(root).find()
    with closing(sqlite3.connect(root / INDEX_NAME, isolation_level=None)) as connection:
        stamps = connection.execute("SELECT * FROM scenario_folder").fetchall()
        for table in ("run", "recent"):
            connection.execute(f"DELETE FROM {table} WHERE place = (SELECT max(place) FROM {table})")
        connection.executemany("INSERT OR REPLACE INTO scenario_folder VALUES (?, ?)", stamps)
    (problem,) = fsck(root).problems
    assert (problem.rule, "is missing" in problem.message) == ("row", True)
    assert Registry(root).reindex() == 2
    assert fsck(root).problems == ()


def test_fsck_counts_what_it_read_and_changes_nothing(root: Path) -> None:
    size_bytes = sum(entry.size_bytes for entry in Registry(root).find())
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    seen: list[int] = []
    totals: list[int | None] = []

    @contextmanager
    def progress(_label: str, total: int | None) -> Iterator[Callable[[int], None]]:
        totals.append(total)
        yield seen.append

    report = fsck(root, progress)
    assert (report.artefacts, sum(seen), totals, report.size_bytes) == (2, 2, [2], size_bytes)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_a_missing_results_folder_has_no_problems(tmp_path: Path) -> None:
    report = fsck(tmp_path / "absent")
    assert (report.artefacts, report.problems, report.notes) == (0, (), ())


def test_items_in_the_staging_folder_are_one_line_for_each_cause(root: Path) -> None:
    (root / ".staging").mkdir(exist_ok=True)
    for number in range(30):
        (root / ".staging" / f"{number}-abc").mkdir()
        (root / ".staging" / f"gc~bench~baseline~{number:012d}").mkdir()
    report = fsck(root)
    assert report.problems == ()
    assert [(note.path, note.rule) for note in report.notes] == [(str(root / ".staging"), "staging")] * 2
    assert ["items: 30, " in note.message for note in report.notes] == [True, True]
