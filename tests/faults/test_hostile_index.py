"""The index is a hint: one that somebody else made is not opened, and never shown as true.

The planted files are those that the checks before this one believed: right application ID and version,
rows with valid keyless seals, views and triggers under our names. Each query runs in a process with
limited memory and time, and must give the answer of the folders.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from obrelease.errors import IntegrityError, StorageError
from obrelease.registry.entry import Entry
from obrelease.registry.filter import parse_filter
from obrelease.registry.fsck import fsck
from obrelease.registry.gc import ProtectedRuns, plan_gc
from obrelease.registry.index import database, ownership, query
from obrelease.registry.index.database import APPLICATION_ID, connect, create_indices, create_tables
from obrelease.registry.index.rows import COLUMNS, INSERT_RUN, row_of
from obrelease.registry.layout import INDEX_NAME
from obrelease.registry.store import Registry
from tests.drafts import draft, run_files
from tests.program import environment
from tests.unit.release.project import git

MOST_KIB = 700_000
"""The address space of a query: an idle program has about 250 MiB of it."""

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
FAKE_COLUMNS = ", ".join(f"CAST(i AS TEXT) AS {name}" for name in COLUMNS)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Three runs and no index, in a repository; the home folder is empty."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "-q")
    made = Registry(root / "results")
    for number in range(3):
        made.record(draft(number), run_files(number))
    return made


def false_entry(registry: Registry) -> Entry:
    """A run that does not exist, in a folder that does."""
    (true, *_) = true_entries(registry)
    return Entry(
        digest="ab" * 32, kind="bench", scenario="baseline", root=registry.root, location=true.location,
        created_ns=2**62, size_bytes=1, core="planted", commit=None, dirty=None, workload=None, messages=1,
        events_digest=None, checks_failed=0,
    )  # fmt: skip


def true_entries(registry: Registry) -> tuple[Entry, ...]:
    """The runs, read without any file of an index."""
    with closing(connect(None)) as connection:
        added = query.find_changes(connection, registry.root).added
    return tuple(sorted(added, key=query.newest_first))


def ours(connection: sqlite3.Connection) -> None:
    create_tables(connection)
    create_indices(connection)


def planted_row(connection: sqlite3.Connection, registry: Registry) -> None:
    ours(connection)
    connection.execute(INSERT_RUN, row_of(false_entry(registry), b""))


def endless_view(connection: sqlite3.Connection, _: Registry) -> None:
    ours(connection)
    connection.execute("DROP TABLE run")
    connection.execute(f"CREATE VIEW run AS {ENDLESS} SELECT i AS id, {FAKE_COLUMNS} FROM n")


def large_view(connection: sqlite3.Connection, _: Registry) -> None:
    ours(connection)
    connection.execute("DROP TABLE unread")
    connection.execute("CREATE VIEW unread AS SELECT hex(zeroblob(1000000000)) AS place")


def endless_stamps(connection: sqlite3.Connection, _: Registry) -> None:
    ours(connection)
    connection.execute("DROP TABLE scenario_folder")
    connection.execute(
        f"CREATE VIEW scenario_folder AS {ENDLESS} SELECT 'bench/' || i AS place, 'x' AS stamp FROM n"
    )


def endless_trigger(connection: sqlite3.Connection, _: Registry) -> None:
    ours(connection)
    connection.execute("CREATE TABLE waste (a)")
    connection.execute(
        "CREATE TRIGGER planted AFTER INSERT ON recent BEGIN"
        f" INSERT INTO waste SELECT * FROM ({ENDLESS} SELECT i FROM n); END"
    )


def false_row_trigger(connection: sqlite3.Connection, _: Registry) -> None:
    ours(connection)
    connection.execute(
        "CREATE TRIGGER planted AFTER INSERT ON recent BEGIN DELETE FROM recent WHERE place = NEW.place; END"
    )


def generated_column(connection: sqlite3.Connection, _: Registry) -> None:
    ours(connection)
    connection.execute("ALTER TABLE run ADD COLUMN more AS (hex(zeroblob(100000000)))")


def endless_index(connection: sqlite3.Connection, _: Registry) -> None:
    ours(connection)
    connection.execute("CREATE INDEX planted ON recent (hex(zeroblob(100000000)))")


def virtual_table(connection: sqlite3.Connection, _: Registry) -> None:
    ours(connection)
    connection.execute("DROP TABLE unread")
    connection.execute("CREATE VIRTUAL TABLE unread USING fts5(place)")


def hidden_run(connection: sqlite3.Connection, registry: Registry) -> None:
    ours(connection)
    row = list(row_of(true_entries(registry)[0], b""))
    row[COLUMNS.index("kind")] = "hidden"
    connection.execute(INSERT_RUN, row)


def many_objects(connection: sqlite3.Connection, _: Registry) -> None:
    ours(connection)
    connection.execute("BEGIN")
    for number in range(3_000):
        connection.execute(f"CREATE VIEW planted_{number} AS SELECT {number} AS a")
    connection.execute("COMMIT")


PLANTED: dict[str, Callable[[sqlite3.Connection, Registry], None]] = {
    made.__name__: made
    for made in (
        planted_row, endless_view, large_view, endless_stamps, endless_trigger, false_row_trigger,
        generated_column, endless_index, virtual_table, hidden_run, many_objects,
    )
}  # fmt: skip


def plant(registry: Registry, make: Callable[[sqlite3.Connection, Registry], None], version: int) -> None:
    """Write an index with the IDs of ours."""
    with closing(sqlite3.connect(registry.root / INDEX_NAME, isolation_level=None)) as connection:
        make(connection, registry)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={version}")


def listed(registry: Registry, *words: str) -> tuple[set[str], str]:
    """The digests that `list` shows, and its warnings, with limited memory and time."""
    command = [sys.executable, "-m", "obrelease", "list", "--json", *words]
    done = subprocess.run(
        ["sh", "-c", f'ulimit -v {MOST_KIB}; exec "$@"', "sh", *command],
        cwd=registry.root.parent,
        env=environment(HOME=os.environ["HOME"]),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {run["digest"] for run in json.loads(done.stdout)["runs"]}, done.stderr


def digests(registry: Registry) -> set[str]:
    return {entry.digest for entry in true_entries(registry)}


@pytest.mark.parametrize("make", PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_index_is_made_again(
    registry: Registry, make: Callable[[sqlite3.Connection, Registry], None]
) -> None:
    plant(registry, make, version=4)
    assert listed(registry) == (digests(registry), "")
    assert query.read_index(registry.root).state == "readable"
    assert set(registry.find(parse_filter("kind=bench"))) == set(true_entries(registry))


@pytest.mark.parametrize("make", PLANTED.values(), ids=PLANTED.keys())
def test_even_with_the_right_mark_no_planted_object_is_read(
    registry: Registry, make: Callable[[sqlite3.Connection, Registry], None]
) -> None:
    """The second line: what a leaked mark or a planted journal could bring."""
    path = registry.root / INDEX_NAME
    path.touch()
    plant(registry, make, ownership.mark_of(path, ownership.read_secret(), database.FORMAT_VERSION))
    with pytest.raises(database.DamagedIndex):
        registry_rows(registry)
    assert set(registry.find()) == set(true_entries(registry))


def registry_rows(registry: Registry) -> list[Entry]:
    with closing(connect(registry.root / INDEX_NAME)) as connection:
        return list(query.select_entries(connection, registry.root, parse_filter("")))


def test_a_tracked_index_is_neither_used_nor_deleted(registry: Registry) -> None:
    plant(registry, planted_row, version=4)
    git(registry.root.parent, "add", "-f", "results")
    before = (registry.root / INDEX_NAME).read_bytes()
    found, warned = listed(registry)
    assert found == digests(registry)
    assert "is tracked by git" in warned
    assert f"git rm --cached 'results/{INDEX_NAME}*'" in " ".join(warned.split())
    assert (registry.root / INDEX_NAME).read_bytes() == before
    with pytest.raises(StorageError, match="tracked by git"):
        registry.reindex()
    assert [(note.rule, "tracked by git" in note.message) for note in fsck(registry.root).notes] == [
        ("unreachable", True)
    ]
    git(registry.root.parent, "rm", "-q", "--cached", f"results/{INDEX_NAME}*")
    assert listed(registry) == (found, "")
    assert query.read_index(registry.root).state == "readable"


def test_git_is_not_started_for_an_index_of_ours(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(registry.find()) == 3
    monkeypatch.setattr(database, "require_untracked", lambda path: pytest.fail("git was started"))
    assert len(registry.find()) == 3


def test_an_index_of_another_user_is_neither_used_nor_deleted(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = registry.root / INDEX_NAME
    plant(registry, planted_row, version=4)
    before = path.read_bytes()
    own = ownership.require_own_file

    def check_as_another_user(file: Path) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(os, "geteuid", lambda: 12345)
            own(file)

    monkeypatch.setattr(database, "require_own_file", check_as_another_user)
    found = registry.search(parse_filter(""))
    assert set(found.entries) == set(true_entries(registry))
    assert "belongs to another user" in str(found.warning)
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", ["fifo", "folder", "link to a fifo", "link to a file"])
def test_what_is_no_regular_file_is_not_opened(registry: Registry, tmp_path: Path, kind: str) -> None:
    path = registry.root / INDEX_NAME
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        target = tmp_path / "target"
        os.mkfifo(target) if "fifo" in kind else target.write_bytes(b"")
        path.symlink_to(target)
    assert listed(registry)[0] == digests(registry)


@pytest.mark.parametrize("home", ["", "/dev/null", "/nonexistent/x", "relative", "/proc"])
def test_without_a_home_folder_no_index_is_trusted(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    plant(registry, planted_row, version=4)
    monkeypatch.setenv("HOME", home)
    monkeypatch.setattr(Path, "home", lambda: Path(home))
    assert set(registry.find()) == set(true_entries(registry))
    assert registry.reindex() == 3
    assert fsck(registry.root).problems == ()


def test_a_secret_that_others_can_read_is_not_used(registry: Registry) -> None:
    assert len(registry.find()) == 3
    key = Path.home() / ".local/state/obrelease/index.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    with pytest.raises(ownership.NoIndexSecret, match=r"index\.key"):
        connect(registry.root / INDEX_NAME)
    assert len(registry.find()) == 3


def test_a_copied_index_is_made_again(registry: Registry, tmp_path: Path) -> None:
    before = registry.find()
    shutil.copytree(registry.root, tmp_path / "copy")
    copied = Registry(tmp_path / "copy")
    assert query.read_index(copied.root).state == "foreign"
    assert [note.rule for note in fsck(copied.root).notes] == ["foreign"]
    assert [entry.digest for entry in copied.find()] == [entry.digest for entry in before]


def test_a_connection_has_limits(registry: Registry) -> None:
    with closing(connect(registry.root / INDEX_NAME)) as connection:
        for statement in (
            "ATTACH ':memory:' AS other",
            "SELECT " + "(" * 40 + "1" + ")" * 40 + "+1" * 40,
            "SELECT hex(zeroblob(200000000))",
            "SELECT " + ",".join(["1"] * 40),
            " UNION ".join(["SELECT 1"] * 8),
        ):
            with pytest.raises(sqlite3.DatabaseError):
                connection.execute(statement).fetchall()


def test_a_connection_has_a_budget_of_steps(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_BASE_STEPS", 2_000_000)
    with (
        closing(connect(registry.root / INDEX_NAME)) as connection,
        pytest.raises(sqlite3.OperationalError, match="interrupted") as stopped,
    ):
        connection.execute(f"{ENDLESS} SELECT count(*) FROM n").fetchall()
    assert database.is_damaged(stopped.value)


def test_a_row_that_differs_from_its_envelope_is_not_loaded_nor_collected(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts are compared with the envelope when it is opened, whoever sealed the row."""
    (true, *_) = registry.find()
    false = true._replace(core="planted")
    with pytest.raises(IntegrityError, match="differs from what the index says"):
        registry.load(false)
    monkeypatch.setattr(Registry, "find", lambda *_, **__: (false,))
    plan = plan_gc(registry, ProtectedRuns(reasons={}, tracked=set()), now_ns=2**63, grace_ns=0)
    assert plan.candidates == ()
