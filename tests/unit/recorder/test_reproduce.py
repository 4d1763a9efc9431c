"""Reproducing a run: equal on every core; a wrong core is located by its first different event."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obengine.api.messages import Commands, Events
from obengine.api.protocol import Book
from obengine.cores import core_names, make_book
from obengine.feeds.lobster_sample import write_lobster_sample
from obengine.feeds.tape import write_tape
from obengine.harness.scenario import SCENARIOS
from obrelease.errors import IntegrityError, InvalidInput, NotFound, NotReproduced, UsageError
from obrelease.models.artefact import Artefact, Producer
from obrelease.recorder import reproduce as reproduce_module
from obrelease.recorder.bench import record_bench
from obrelease.recorder.event_chunks import CHUNK_EVENTS, CHUNKS_FILE, read_chunks
from obrelease.recorder.replay import record_replay
from obrelease.recorder.reproduce import reproduce
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.drafts import draft

PRODUCER = Producer(name="obrelease", version="0")
WRONG_AT = 7_000
MESSAGES = 20_000


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(tmp_path_factory.mktemp("reproduced") / "results")


@pytest.fixture(scope="module")
def bench(registry: Registry) -> Entry:
    return record_bench(
        registry,
        scenario="x10",
        seed=7,
        core="reference",
        passes=1,
        messages=MESSAGES,
        created_ns=1,
        producer=PRODUCER,
    )


@pytest.fixture(scope="module")
def replay(registry: Registry) -> Entry:
    return record_replay(registry, path=None, core="reference", passes=1, created_ns=2, producer=PRODUCER)


class WrongBook:
    """A book that gets the quantity of one event wrong, and everything else right."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def apply(self, commands: Commands) -> Events:
        first = self.book.next_sequence
        events = self.book.apply(commands).copy()
        if first <= WRONG_AT < first + events.size:
            events["qty_lots"][WRONG_AT - first] += 1
        return events

    def __getattr__(self, name: str) -> Any:
        return getattr(self.book, name)


def err_on(core: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(name: str, symbols: int = 1) -> Any:
        book = make_book(name, symbols)
        return WrongBook(book) if name == core else book

    monkeypatch.setattr(reproduce_module, "make_book", make)


def changed(
    registry: Registry, entry: Entry, change: Callable[[dict[str, Any]], None], *, keep: bool = True
) -> Entry:
    """The same run with something else in its envelope, recorded as a run of its own."""
    artefact = registry.load(entry)
    value = artefact.model_dump(mode="json")
    files = [
        NewFile(file.path, file.media_type, (entry.folder / file.path).read_bytes())
        for file in artefact.files
        if keep or file.path != CHUNKS_FILE
    ]
    value["files"] = []
    change(value)
    return registry.record(Artefact.model_validate_json(json.dumps(value)), files)


@pytest.mark.parametrize("core", [None, "auto", *core_names()])
def test_a_bench_is_the_same_on_every_core(registry: Registry, bench: Entry, core: str | None) -> None:
    made = reproduce(registry, bench, core=core)
    assert made.reproduced
    assert made.difference is None
    assert (made.core, made.messages) == (core if core in core_names() else made.core, MESSAGES)


def test_a_replay_of_the_sample_needs_no_file_and_takes_one(
    registry: Registry, replay: Entry, tmp_path: Path
) -> None:
    assert reproduce(registry, replay).reproduced
    assert reproduce(registry, replay, trace=write_lobster_sample(tmp_path)).reproduced


def test_another_file_is_refused(registry: Registry, replay: Entry, tmp_path: Path) -> None:
    day = write_lobster_sample(tmp_path)
    message = day if day.is_file() else next(day.glob("*message*"))
    rows = message.read_bytes().splitlines(keepends=True)
    book = message.with_name(message.name.replace("message", "orderbook"))
    message.write_bytes(b"".join(rows[:-1]))
    book.write_bytes(b"".join(book.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(IntegrityError, match="sha256"):
        reproduce(registry, replay, trace=day)
    with pytest.raises(NotFound):
        reproduce(registry, replay, trace=tmp_path / "absent")


def test_a_file_of_another_kind_is_another_file_whatever_its_version(
    registry: Registry, replay: Entry, tmp_path: Path
) -> None:
    def older(value: dict[str, Any]) -> None:
        value["workload"]["version"] -= 1

    tape = tmp_path / "day.tape"
    write_tape(tape, SCENARIOS["baseline"].commands(1, 100)[0])
    old = changed(registry, replay, older)
    for entry in (replay, old):
        with pytest.raises(IntegrityError, match="is not the file that was replayed"):
            reproduce(registry, entry, trace=tape)
    with pytest.raises(NotFound, match="has version"):
        reproduce(registry, old, trace=write_lobster_sample(tmp_path))


def test_seeded_flow_takes_no_file(registry: Registry, bench: Entry, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="reads no file"):
        reproduce(registry, bench, trace=write_lobster_sample(tmp_path))


def test_a_wrong_event_is_found_exactly_by_the_other_core(
    registry: Registry, bench: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    err_on("reference", monkeypatch)
    made = reproduce(registry, bench, core="reference")
    assert not made.reproduced
    found = made.difference
    assert found is not None
    assert (found.first_sequence, found.last_sequence) == (WRONG_AT, WRONG_AT)
    assert found.expected is not None
    assert found.found is not None
    assert found.expected != found.found
    assert "native" in found.other
    assert found.command is not None


def test_without_another_core_the_digests_locate_the_chunk(
    registry: Registry, bench: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    err_on("reference", monkeypatch)
    monkeypatch.setattr(reproduce_module, "core_names", lambda: ("reference",))
    found = reproduce(registry, bench, core="reference").difference
    assert found is not None
    assert found.first_sequence == WRONG_AT // CHUNK_EVENTS * CHUNK_EVENTS
    assert found.last_sequence == found.first_sequence + CHUNK_EVENTS - 1
    assert found.expected is None
    assert found.found is not None


def test_without_digests_nothing_is_located(
    registry: Registry, bench: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = changed(registry, bench, lambda value: value.update(created_ns="77"), keep=False)
    err_on("reference", monkeypatch)
    monkeypatch.setattr(reproduce_module, "core_names", lambda: ("reference",))
    found = reproduce(registry, bare, core="reference").difference
    assert found is not None
    assert (found.first_sequence, found.last_sequence) == (-1, -1)
    assert "has no digests" in found.other


def test_a_different_final_state_is_reported(registry: Registry, bench: Entry) -> None:
    def falsify(value: dict[str, Any]) -> None:
        value["outcome"]["state_digest"] = "0" * 64

    made = reproduce(registry, changed(registry, bench, falsify))
    assert (made.reproduced, made.difference) == (False, None)


def test_different_commands_are_not_blamed_on_a_core(registry: Registry, bench: Entry) -> None:
    def falsify(value: dict[str, Any]) -> None:
        value["workload"]["commands_digest"] = "0" * 64

    with pytest.raises(NotReproduced, match="commands"):
        reproduce(registry, changed(registry, bench, falsify))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [("version", 2, "has version 2"), ("version", 0, "has version 0"), ("name", "x11", "no workload 'x11'")],
)
def test_an_unknown_workload_is_not_found(
    registry: Registry, bench: Entry, field: str, value: object, message: str
) -> None:
    def change(artefact: dict[str, Any]) -> None:
        artefact["workload"][field] = value

    with pytest.raises(NotFound, match=message) as caught:
        reproduce(registry, changed(registry, bench, change))
    assert caught.value.hint


def test_a_run_without_events_cannot_be_reproduced(registry: Registry) -> None:
    entry = registry.record(draft(1, kind="profile", outcome=None), [])
    with pytest.raises(UsageError):
        reproduce(registry, entry)


def test_the_digests_cover_every_event(registry: Registry, bench: Entry) -> None:
    chunks = read_chunks((bench.folder / CHUNKS_FILE).read_bytes(), "x")
    outcome = registry.load(bench).outcome
    assert outcome is not None
    assert sum(chunk.events for chunk in chunks) == outcome.events
    assert {chunk.events for chunk in chunks[:-1]} == {CHUNK_EVENTS}


def test_a_run_that_is_too_long_is_refused_before_anything_is_generated(
    registry: Registry, bench: Entry
) -> None:
    with pytest.raises(
        InvalidInput, match=r"messages, about .* MiB of memory; at most 10 are repeated"
    ) as caught:
        reproduce(registry, bench, max_messages=10)
    assert "--max-messages" in str(caught.value.hint)
