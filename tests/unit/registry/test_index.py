"""The index is derived: lost, tampered, foreign or unwritable, the answer is that of the folders."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from obrelease.errors import NotFound, StorageError
from obrelease.models.artefact import ENVELOPE_NAME
from obrelease.registry.entry import Entry
from obrelease.registry.filter import parse_filter
from obrelease.registry.fsck import fsck
from obrelease.registry.index import directory_stamps, query
from obrelease.registry.index.database import connect
from obrelease.registry.index.filter_sql import select_entries
from obrelease.registry.index.rows import values_of
from obrelease.registry.layout import INDEX_NAME
from obrelease.registry.store import Registry
from tests.drafts import draft, run_files
from tests.faults.traced import forked
from tests.unit.release.project import git


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five recorded runs, copied for each test: syncing them anew is slow."""
    made = Registry(tmp_path_factory.mktemp("template") / "results")
    for number in range(5):
        made.record(draft(number), run_files(number))
    return made.root


@pytest.fixture
def registry(tmp_path: Path, template: Path) -> Registry:
    shutil.copytree(template, tmp_path / "results")
    return Registry(tmp_path / "results")


def index_of(registry: Registry) -> Path:
    return registry.root / INDEX_NAME


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def rows_in(path: Path) -> str:
    """The table that holds the rows."""
    with closing(sqlite3.connect(path)) as connection:
        (waiting,) = connection.execute("SELECT count(*) FROM recent").fetchone()
    return "recent" if waiting else "run"


def edit(path: Path, statement: str) -> None:
    """Execute a statement on the table, `{rows}`, that holds the rows."""
    execute(path, statement.format(rows=rows_in(path)))


def overwrite_rows(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (rows_in(path),)
        ).fetchone()
    overwrite(path, (page - 1) * 4096, b"\xff" * 4096)


def overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def be_foreign(path: Path) -> None:
    path.unlink()
    execute(path, "CREATE TABLE run (place TEXT, digest TEXT)")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "emptied": lambda path: path.write_bytes(b""),
    "not a database": lambda path: path.write_bytes(b"no database at all" * 500),
    "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
    "header overwritten": lambda path: overwrite(path, 0, b"\xff" * 64),
    "rows overwritten": overwrite_rows,
    "foreign": be_foreign,
    "newer format": lambda path: execute(path, "PRAGMA user_version=5"),
    "format before": lambda path: (
        execute(path, "DROP TABLE recent"),
        execute(path, "PRAGMA user_version=3"),
    ),
    "of another program": lambda path: execute(path, "PRAGMA application_id=7"),
    "table dropped": lambda path: edit(path, "DROP TABLE {rows}"),
    "failed checks edited away": lambda path: edit(path, "UPDATE {rows} SET checks_failed = NULL"),
    "commits edited": lambda path: edit(path, "UPDATE {rows} SET commit_id = 'cd'"),
    "digests edited": lambda path: edit(path, "UPDATE {rows} SET digest = 'cd' || substr(digest, 3)"),
    "messages as text": lambda path: edit(path, "UPDATE {rows} SET messages = 'many'"),
    "bytes that are no text": lambda path: edit(path, "UPDATE {rows} SET core = x'ff00'"),
    "one row removed": lambda path: edit(
        path, "DELETE FROM {rows} WHERE place IN (SELECT place FROM {rows} LIMIT 1)"
    ),
    "all rows removed": lambda path: edit(path, "DELETE FROM {rows}"),
    "a row that leads nowhere": lambda path: edit(
        path,
        "UPDATE {rows} SET place = 'bench/baseline/000000000000'"
        " WHERE place = (SELECT max(place) FROM {rows})",
    ),
    "a row that leads out": lambda path: edit(
        path, "UPDATE {rows} SET place = '../../outside' WHERE place = (SELECT max(place) FROM {rows})"
    ),
}


@pytest.fixture(params=["rows wait", "rows are indexed"])
def whole(registry: Registry, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Registry:
    """The index has stamps of all folders, so that only the damage itself can reveal the damage."""
    monkeypatch.setattr(directory_stamps, "SETTLE_NS", -(10**18))
    assert len(registry.find()) == 5
    if request.param == "rows are indexed":
        assert registry.reindex() == 5
    assert query.read_index(registry.root).current_folders == {"bench/baseline"}
    return registry


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
class TestDamagedIndex:
    def test_the_next_list_is_right(self, registry: Registry, damage: Callable[[Path], object]) -> None:
        before = registry.find()
        damage(index_of(registry))
        assert registry.find() == before
        assert fsck(registry.root).problems == ()

    def test_reindex_restores_it(self, registry: Registry, damage: Callable[[Path], object]) -> None:
        before = registry.find()
        damage(index_of(registry))
        assert registry.reindex() == 5
        assert query.read_index(registry.root).rows == {entry.location: values_of(entry) for entry in before}

    def test_a_run_can_still_be_recorded(self, registry: Registry, damage: Callable[[Path], object]) -> None:
        before = registry.find()
        damage(index_of(registry))
        entry = registry.record(draft(9), run_files())
        assert registry.find() == (entry, *before)


@pytest.mark.usefixtures("whole")
def test_random_bit_flips_never_give_a_false_row(registry: Registry) -> None:
    """A flip may hide a row or change the order until `fsck` reports it; listed rows are correct."""
    before = registry.find()
    sound = index_of(registry).read_bytes()
    chance = random.Random(42)
    for _ in range(40):
        flipped = bytearray(sound)
        for _ in range(chance.randrange(1, 5)):
            flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        index_of(registry).write_bytes(flipped)
        listed = registry.find()
        assert set(listed) <= set(before)
        if listed != before:
            assert {problem.rule for problem in fsck(registry.root).problems} == {"row"}
        registry.reindex()
        assert registry.find() == before


def test_a_journal_of_another_file_is_harmless(registry: Registry) -> None:
    before = registry.find()
    journal = registry.root / f"{INDEX_NAME}-journal"
    journal.write_bytes(bytes.fromhex("d9d505f920a163d7") + os.urandom(4096))
    assert registry.find() == before


class TestFoldersCopiedByHand:
    def test_a_copied_run_is_listed(self, registry: Registry, tmp_path: Path) -> None:
        other = Registry(tmp_path / "other")
        guest = other.record(draft(8, scenario="x100"), run_files())
        shutil.copytree(guest.folder, registry.root / guest.location)
        assert registry.resolve(guest.digest).folder == registry.root / guest.location
        assert len(registry.find()) == 6

    def test_a_removed_run_is_not_listed(self, registry: Registry) -> None:
        entry = registry.find()[0]
        shutil.rmtree(entry.folder)
        assert entry not in registry.find()
        with pytest.raises(NotFound):
            registry.resolve(entry.digest)

    def test_a_broken_run_is_not_listed_and_is_reported_unreadable(self, registry: Registry) -> None:
        broken = registry.root / "bench" / "baseline" / ("0" * 12)
        broken.mkdir()
        (broken / ENVELOPE_NAME).write_bytes(b'{"format":"obrelease.artefact","version":1}')
        assert len(registry.find()) == 5
        assert registry.unreadable() == (broken,)

    def test_a_run_in_the_wrong_folder_is_not_listed(self, registry: Registry) -> None:
        entry = registry.find()[0]
        entry.folder.rename(entry.folder.with_name("0" * 12))
        assert entry.digest not in {listed.digest for listed in registry.find()}

    def test_an_index_moved_with_its_folder_is_still_valid(self, registry: Registry, tmp_path: Path) -> None:
        shutil.copytree(registry.root, tmp_path / "clone")
        (listed, *_) = Registry(tmp_path / "clone").find()
        assert listed.folder.is_relative_to(tmp_path / "clone")


class TestUnwritable:
    def test_an_index_that_cannot_be_opened_is_made_in_memory(self, registry: Registry) -> None:
        before = registry.find()
        index_of(registry).unlink()
        index_of(registry).mkdir()
        assert registry.find() == before
        entry = registry.record(draft(9), run_files())
        assert registry.resolve("latest") == entry
        with pytest.raises(StorageError, match=INDEX_NAME) as caught:
            registry.reindex()
        assert "found without it" in (caught.value.hint or "")

    @pytest.fixture
    def open_folder(self) -> Iterator[Path]:
        """A folder that other users can reach; pytest's own is for its owner alone."""
        with tempfile.TemporaryDirectory() as made:
            Path(made).chmod(0o755)
            yield Path(made)

    @pytest.mark.parametrize("indexed", ["fresh", "stale", "absent"])
    def test_a_read_only_results_folder_can_be_listed(self, open_folder: Path, indexed: str) -> None:
        registry = Registry(open_folder / "results")
        expected = [registry.record(draft(number), run_files()).digest for number in range(3)]
        registry.reindex()
        if indexed == "stale":
            edit(index_of(registry), "DELETE FROM {rows}")
        elif indexed == "absent":
            index_of(registry).unlink()
        for folder in (registry.root, *registry.root.rglob("*")):
            folder.chmod(0o555 if folder.is_dir() else 0o444)
        try:
            assert listed_as_nobody(registry) == sorted(expected)
        finally:
            for folder in (registry.root, *registry.root.rglob("*")):
                folder.chmod(0o755)


def listed_as_nobody(registry: Registry) -> list[str]:
    """The digests that a user without rights sees; root is not stopped by permissions."""
    reading, writing = os.pipe()
    child = forked()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            os.write(writing, " ".join(sorted(seen.digest for seen in registry.find())).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        digests = answer.read().decode().split()
    os.waitpid(child, 0)
    return digests


def test_an_entry_equals_the_entry_of_its_row(registry: Registry) -> None:
    registry.reindex()
    entries: tuple[Entry, ...] = registry.find()
    assert query.read_index(registry.root).rows == {entry.location: values_of(entry) for entry in entries}
    assert all(entry.as_json()["created_ns"] == str(entry.created_ns) for entry in entries)


@pytest.mark.parametrize(
    "words",
    [
        "kind=replay", "scenario=rare", "core=rare", "workload=rare", "digest=abcd", "commit=abcd",
        "events=abcd", "since=2026-10-01", "until=2020-10-01", "dirty=yes", "checks=failed",
        "kind=replay scenario=rare", "kind=bench core=rare checks=failed", "workload=rare dirty=no",
    ],
)  # fmt: skip
def test_a_rare_value_is_found_by_an_index_seek(registry: Registry, words: str) -> None:
    """Rule: whatever is asked, SQLite seeks in the index of a key; it never reads every row."""
    registry.reindex()
    asked: list[str] = []
    with closing(connect(index_of(registry))) as connection:
        connection.set_trace_callback(asked.append)
        assert list(select_entries(connection, registry.root, parse_filter(words))) == []
        connection.set_trace_callback(None)
        for statement in asked:
            (*_, plan), *_ = connection.execute(f"EXPLAIN QUERY PLAN {statement}")
            searched = plan.startswith(("SEARCH run USING ", "SEARCH recent USING ")) or plan == "SCAN recent"
            assert searched or plan in {"SCAN run USING INDEX run_dirty", "SCAN run USING INDEX run_failed"}


def test_the_index_is_not_committed_with_the_runs(registry: Registry) -> None:
    shutil.rmtree(registry.root)
    git(registry.root.parent, "init", "--quiet")
    registry.record(draft(1), run_files(1))
    assert registry.find()
    assert (registry.root / INDEX_NAME).is_file()
    git(registry.root.parent, "add", "results")
    added = git(registry.root.parent, "ls-files").split()
    assert added
    assert all(Path(path).parts[1] == "bench" for path in added), added


def test_the_users_rules_for_git_stay(registry: Registry) -> None:
    shutil.rmtree(registry.root)
    registry.root.mkdir()
    (registry.root / ".gitignore").write_text("/mine/\n")
    registry.record(draft(1), run_files(1))
    assert registry.find()
    assert (registry.root / ".gitignore").read_text() == "/mine/\n"
