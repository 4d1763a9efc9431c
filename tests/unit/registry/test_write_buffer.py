"""Rows that came last wait in a table of their own; every question reads both tables alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from obrelease.registry.entry import Entry
from obrelease.registry.filter import Filter, parse_filter
from obrelease.registry.index import directory_stamps, query, rebuild, write_buffer
from obrelease.registry.index.database import IndexConnection, connect
from obrelease.registry.index.filter_sql import select_entries
from obrelease.registry.index.rows import newest_first, row_of
from obrelease.registry.layout import INDEX_NAME, run_location
from obrelease.registry.store import Registry
from tests.drafts import draft, run_files


def made_up(number: int) -> Entry:
    """An entry without a folder; neighbours differ in every fact that a filter asks for."""
    digest = f"{number * 2_654_435_761 % 2**32:08x}" * 8
    kind, scenario = ("bench", "replay")[number % 2], ("thin", "deep", "sparse")[number % 3]
    return Entry(
        digest=digest,
        kind=kind,
        scenario=scenario,
        root=Path("made-up"),
        location=run_location(kind, scenario, digest),
        created_ns=10**18 + number // 2,
        size_bytes=1,
        core=(None, "native")[number // 2 % 2],
        commit=("ab" * 20, "cd" * 20, None)[number // 4 % 3],
        dirty=(True, False, None)[number // 3 % 3],
        workload=("flow", None)[number // 5 % 2],
        messages=2,
        events_digest=("34" * 32, "35" * 32)[number // 7 % 2],
        checks_failed=(0, 1, None)[number // 2 % 3],
    )


FILTERS = (
    "", "kind=bench", "scenario=deep", "kind=replay scenario=thin", "core=native", "workload=flow",
    "dirty=yes", "dirty=no", "checks=failed", "checks=passed", "commit=ab", "commit=a", "commit=ef",
    "events=3", "events=34", f"since={10**18 + 20}", f"until={10**18 + 20}", "digest=9",
    "kind=bench core=native commit=cd events=35",
)  # fmt: skip


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[IndexConnection]:
    with closing(connect(tmp_path / INDEX_NAME)) as opened:
        opened.execute("BEGIN")
        yield opened


def put(connection: IndexConnection, *entries: Entry) -> None:
    write_buffer.insert_rows(connection, [row_of(entry, connection.seal_key) for entry in entries])


def waiting(connection: IndexConnection) -> int:
    return int(connection.execute("SELECT count(*) FROM recent").fetchone()[0])


def stamps(connection: IndexConnection) -> dict[str, str]:
    return dict(connection.execute("SELECT place, stamp FROM scenario_folder"))


def listed(connection: IndexConnection, where: Filter, limit: int | None = None) -> list[Entry]:
    return list(select_entries(connection, Path("made-up"), where, limit))


@pytest.mark.parametrize("most", [0, 25, 1_000], ids=["none waits", "some wait", "all wait"])
def test_queries_do_not_depend_on_the_table_of_a_row(
    connection: IndexConnection, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Rule: the index agrees with `Filter.accepts`, newest first, in whichever table the rows are."""
    monkeypatch.setattr(write_buffer, "MAX_BUFFERED_ROWS", most)
    entries = [made_up(number) for number in range(60)]
    for entry in entries:
        put(connection, entry)
    assert waiting(connection) == {0: 0, 25: 60 % 26, 1_000: 60}[most]
    assert write_buffer.count(connection) == 60
    for words, limit in product(FILTERS, (None, 0, 7)):
        where = parse_filter(words)
        expected = sorted(filter(where.accepts, entries), key=newest_first)
        assert listed(connection, where, limit) == expected[:limit], words


def test_a_flush_moves_all_rows_and_keeps_the_stamps(
    connection: IndexConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_buffer, "MAX_BUFFERED_ROWS", 6)
    put(connection, *map(made_up, range(6)))
    connection.execute("UPDATE scenario_folder SET stamp = 'known'")
    put(connection, made_up(6))
    assert waiting(connection) == 0
    assert write_buffer.count(connection) == 7
    own = "/".join(made_up(6).location.split("/")[:2])
    assert [location for location, stamp in stamps(connection).items() if stamp != "known"] in ([], [own])


def test_a_row_inserted_twice_is_one_row(
    connection: IndexConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newer row stays, in whichever table the older one is."""
    first, second = made_up(1), made_up(1)._replace(size_bytes=2)
    monkeypatch.setattr(write_buffer, "MAX_BUFFERED_ROWS", 0)
    put(connection, first)
    monkeypatch.setattr(write_buffer, "MAX_BUFFERED_ROWS", 9)
    put(connection, second)
    assert listed(connection, Filter()) == [second]
    put(connection, first)
    assert listed(connection, Filter()) == [first]
    monkeypatch.setattr(write_buffer, "MAX_BUFFERED_ROWS", 0)
    put(connection, second)
    assert listed(connection, Filter()) == [second]
    assert write_buffer.count(connection) == 1


def test_rows_are_deleted_from_both_tables(
    connection: IndexConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [made_up(number) for number in range(4)]
    monkeypatch.setattr(write_buffer, "MAX_BUFFERED_ROWS", 0)
    put(connection, *entries[:2])
    monkeypatch.setattr(write_buffer, "MAX_BUFFERED_ROWS", 9)
    put(connection, *entries[2:])
    connection.execute("UPDATE scenario_folder SET stamp = 'known'")
    write_buffer.delete_rows(connection, (entry.location for entry in entries[1:3]))
    assert set(listed(connection, Filter())) == {entries[0], entries[3]}
    touched = {"/".join(entry.location.split("/")[:2]) for entry in entries[1:3]}
    assert {location for location, stamp in stamps(connection).items() if stamp != "known"} == touched
    assert write_buffer.locations_in(connection, "bench/thin") == {entries[0].location}
    assert write_buffer.locations_in(connection, "replay/thin") == {entries[3].location}
    assert write_buffer.locations_in(connection, "replay/deep") == set()


def test_a_registry_fills_and_flushes_the_buffer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Buffered rows are part of every result, and after a flush no scenario folder is listed again."""
    monkeypatch.setattr(directory_stamps, "SETTLE_NS", -(10**18))
    monkeypatch.setattr(write_buffer, "MAX_BUFFERED_ROWS", 3)
    registry = Registry(tmp_path / "results")
    kept: list[str] = []
    for number in range(8):
        kept.append(registry.record(draft(number, scenario=f"s{number % 2}"), run_files()).digest)
        assert sorted(entry.digest for entry in registry.find()) == sorted(kept)
        assert query.read_index(registry.root).current_folders == {
            f"bench/s{turn % 2}" for turn in range(number + 1)
        }
    assert registry.reindex() == 8


def test_the_journal_stays_small_and_fsck_accepts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each transaction its header is zeroed, so that nobody replays it."""
    monkeypatch.setattr(directory_stamps, "SETTLE_NS", -(10**18))
    registry = Registry(tmp_path / "results")
    registry.record(draft(), run_files())
    assert len(registry.find()) == 1
    journal = registry.root / f"{INDEX_NAME}-journal"
    assert journal.read_bytes()[:28] == bytes(28)
    with closing(connect(registry.root / INDEX_NAME)) as connection:
        rebuild.replace_rows(
            connection, (row_of(made_up(number), connection.seal_key) for number in range(10_000))
        )
    with closing(connect(registry.root / INDEX_NAME)) as connection:
        rebuild.replace_rows(connection, ())
    assert journal.stat().st_size <= 2**20
    assert journal.read_bytes()[:28] == bytes(28)
