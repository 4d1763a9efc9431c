"""Reproduces a recorded run from its artefact, and locates the first different event."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from obengine.api.messages import (
    NO_PRICE,
    Commands,
    EventKind,
    Events,
    Op,
    records_digest,
)
from obengine.cores import core_names, make_book
from obrelease.errors import IntegrityError, InvalidInput, UsageError
from obrelease.models.artefact import Artefact, Outcome
from obrelease.recorder.engine_adapter import engine_errors, resolve_core
from obrelease.recorder.event_chunks import CHUNK_EVENTS, CHUNKS_FILE, Chunk, digest_chunks, read_chunks
from obrelease.recorder.event_log import EVENT_DETAILS
from obrelease.recorder.regenerate import Regenerated, regenerate
from obrelease.recorder.repeat_simulation import RepeatedSimulation, repeat_simulation
from obrelease.recorder.simulation_settings import load_recorded_strategy
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.reporter import SILENT, Reporter


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a reproduced run departs from the recorded one.

    Attributes:
        first_sequence, last_sequence: the range of the first different event, both ends included; equal
            if the event is known, -1 and -1 if nothing is known.
        other: what it was compared with: a core that gives the recorded events, or recorded digests.
        expected, found: descriptions of the recorded and the reproduced event, if known; None if one run
            has no such event.
        command: a description of the command that gave the found event.
    """

    first_sequence: int
    last_sequence: int
    other: str
    expected: str | None = None
    found: str | None = None
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What a run gave when it was reproduced.

    Attributes:
        core: that ran it now; `recorded_core` ran it when it was recorded.
        events, events_digest, state_digest: reproduced; `expected` is what was recorded.
        difference: None if every event is the recorded one.
        simulation: of a run with a strategy, what that gave; else None.
    """

    core: str
    recorded_core: str | None
    messages: int
    expected: Outcome
    events: int
    events_digest: str
    state_digest: str
    difference: Difference | None
    simulation: RepeatedSimulation | None = None

    @property
    def reproduced(self) -> bool:
        """Whether events, their count and the final state are those that were recorded."""
        return (self.events, self.events_digest, self.state_digest) == (
            self.expected.events,
            self.expected.events_digest,
            self.expected.state_digest,
        )


MAX_MESSAGES: Final = 20_000_000
"""The maximum number of messages that are repeated by default: the longest scenario."""

_BYTES_PER_MESSAGE: Final = 128
"""A command, its events and its order in the book, measured over the scenarios."""


def reproduce(
    registry: Registry,
    entry: Entry,
    *,
    core: str | None = None,
    trace: Path | None = None,
    strategy: str | None = None,
    max_messages: int = MAX_MESSAGES,
    reporter: Reporter = SILENT,
) -> Reproduction:
    """Run the workload of an artefact again and compare its events by digest.

    Args:
        core: a core's name or `auto`; None for the one that the run had, or the fastest.
        trace: the data file of a replay.
        strategy: the code of a replay with a strategy, as the user names it.
        max_messages: a run of more messages is refused before anything is generated.
        reporter: receives the size of the work before it starts.

    Raises:
        UsageError, NotFound, IntegrityError, InvalidInput, NotReproduced: as `regenerate`;
            NotFound also if the core is not in this installation, InvalidInput if the run is too long.
    """
    artefact = registry.load(entry)
    chosen = resolve_core(core or _same_core_or_fastest(entry.core))
    code = load_recorded_strategy(artefact, strategy)
    _announce_size(artefact, chosen, max_messages, reporter)
    workload = regenerate(artefact, trace)
    outcome = artefact.outcome
    if outcome is None:
        raise UsageError(f"run {entry.digest} gave no events")
    events, state_digest = _run(workload, chosen)
    digest = records_digest(events)
    same = (events.size, digest) == (outcome.events, outcome.events_digest)
    return Reproduction(
        core=chosen,
        recorded_core=entry.core,
        messages=int(workload.commands.size),
        expected=outcome,
        events=int(events.size),
        events_digest=digest,
        state_digest=state_digest,
        difference=None
        if same
        else _locate_difference(workload, chosen, events, outcome, artefact, entry.folder),
        simulation=None if code is None else repeat_simulation(artefact, entry.folder, code, trace),
    )


def _announce_size(artefact: Artefact, core: str, max_messages: int, reporter: Reporter) -> None:
    """Report how much work a run is, and refuse one that is longer than allowed."""
    if artefact.workload is None:
        return
    messages = artefact.workload.messages
    memory_mib = messages * _BYTES_PER_MESSAGE // 2**20 + 1
    if messages > max_messages:
        raise InvalidInput(
            f"the run has {messages:,} messages, about {memory_mib:,} MiB of memory;"
            f" at most {max_messages:,} are repeated",
            hint=f"raise the limit by --max-messages {messages}",
        )
    reporter.note(
        f"repeats {messages:,} messages on the {core} core, with about {memory_mib:,} MiB of memory"
    )


def _same_core_or_fastest(recorded: str | None) -> str:
    return recorded if recorded in core_names() else core_names()[0]


def _run(workload: Regenerated, core: str) -> tuple[Events, str]:
    with engine_errors():
        book = make_book(core, workload.symbols)
        return book.apply(workload.commands), book.state_digest()


def _locate_difference(
    workload: Regenerated, core: str, events: Events, outcome: Outcome, artefact: Artefact, folder: Path
) -> Difference:
    """The first different event if it is known, else the chunk that holds it, else nothing.

    The recorded events are not stored. Another core that still gives them replaces them; without one,
    the recorded digests of chunks show the first different chunk.
    """
    for other in core_names():
        if other == core:
            continue
        recorded, _ = _run(workload, other)
        if records_digest(recorded) == outcome.events_digest:
            return _first_different_event(
                workload, core, events, recorded, f"the {other} core, which gives the recorded events"
            )
    kept = next((file for file in artefact.files if file.path == CHUNKS_FILE), None)
    if kept is not None:
        path = folder / CHUNKS_FILE
        data = read_bounded(path)
        if digest_bytes(data) != kept.sha256:
            raise IntegrityError(
                f"{path}: is not the file that was recorded", hint="`obrelease fsck` lists what is damaged"
            )
        return _first_different_chunk(workload, core, events, read_chunks(data, str(path)))
    return Difference(-1, -1, "nothing: the run has no digests of chunks of its events")


def _first_different_event(
    workload: Regenerated, core: str, events: Events, recorded: Events, other: str
) -> Difference:
    common = min(events.size, recorded.size)
    differs = np.flatnonzero(events[:common] != recorded[:common])
    at = int(differs[0]) if differs.size else common
    return Difference(
        at,
        at,
        other,
        _describe_event(recorded, at),
        _describe_event(events, at),
        _causing_command(workload, core, at),
    )


def _first_different_chunk(
    workload: Regenerated, core: str, events: Events, recorded: tuple[Chunk, ...]
) -> Difference:
    ours = digest_chunks(events)
    at = next(
        (number for number, (one, two) in enumerate(zip(ours, recorded, strict=False)) if one != two),
        min(len(ours), len(recorded)),
    )
    first = at * CHUNK_EVENTS
    last = (
        max(
            (chunk.first_sequence + chunk.events for chunk in (*ours[at : at + 1], *recorded[at : at + 1])),
            default=first + 1,
        )
        - 1
    )
    return Difference(
        first,
        last,
        "the digests in the artefact; the recorded events are not stored",
        found=_describe_event(events, first),
        command=_causing_command(workload, core, first),
    )


def _causing_command(workload: Regenerated, core: str, sequence: int) -> str | None:
    """The command that gave the event of this number, by bisection: each half is run again."""
    book = make_book(core, workload.symbols)
    first, beyond = 0, int(workload.commands.size)
    while beyond - first > 1:
        middle = first + max((beyond - first) // 2, 1)
        trial = make_book(core, workload.symbols)
        trial.apply(workload.commands[:middle])
        first, beyond = (middle, beyond) if trial.next_sequence <= sequence else (first, middle)
    book.apply(workload.commands[:beyond])
    return _describe_command(workload.commands, first) if sequence < book.next_sequence else None


def _describe_event(events: Events, at: int) -> str | None:
    if not 0 <= at < events.size:
        return None
    kind, detail, symbol, qty, order_id, other_id, price = events[at].tolist()
    try:
        named = EventKind(kind)
        words = f"{named.name} {EVENT_DETAILS[named](detail).name}"
    except ValueError:
        words = f"kind {kind} detail {detail}"
    price_words = "no price" if price == NO_PRICE else f"{price} ticks"
    return f"{words}: order {order_id}, other {other_id}, {qty} lots at {price_words}, symbol {symbol}"


def _describe_command(commands: Commands, at: int) -> str:
    op, side, kind, tif, symbol, flags, qty, participant, order_id, price = commands[at].tolist()
    try:
        name = Op(op).name
    except ValueError:
        name = f"op {op}"
    price_words = "no price" if price == NO_PRICE else f"{price} ticks"
    return (
        f"{at}: {name} order {order_id}, side {side}, kind {kind}, tif {tif}, flags {flags}, {qty} lots at "
        f"{price_words}, participant {participant}, symbol {symbol}"
    )
