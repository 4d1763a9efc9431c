"""A recorded run made again from its own artefact; where the events differ, the first that does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from obengine.api.messages import (
    NO_PRICE,
    CancelReason,
    Commands,
    EventKind,
    Events,
    Op,
    Priority,
    RejectCode,
    Side,
    records_digest,
)
from obengine.cores import core_names, make_book
from obrelease.errors import IntegrityError, UsageError
from obrelease.models.artefact import Artefact, Outcome
from obrelease.recorder.engine_adapter import engine_errors, resolve_core
from obrelease.recorder.event_chunks import CHUNK_EVENTS, CHUNKS_FILE, Chunk, chunks_of, read_chunks
from obrelease.recorder.workloads import Regenerated, regenerate
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes

_DETAILS: Final = {
    EventKind.ACCEPTED: Side,
    EventKind.TRADED: Side,
    EventKind.CANCELLED: CancelReason,
    EventKind.MODIFIED: Priority,
    EventKind.REJECTED: RejectCode,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a run made again departs from what was recorded.

    Attributes:
        first_sequence, last_sequence: the first differing event lies from the one to the other, both
            included; they are equal where it is known. -1 and -1 where nothing narrows it.
        other: what it was compared with: a core that gave the recorded events, or the digests kept.
        expected, found: the differing event of either side in words, where it is known; None where
            that side has no such event.
        command: the command that gave the found event, in words.
    """

    first_sequence: int
    last_sequence: int
    other: str
    expected: str | None = None
    found: str | None = None
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What a run gave when it was made again.

    Attributes:
        core: that ran it now; `recorded_core` ran it then.
        events, events_digest, state_digest: what it gave now; `expected` is what was recorded.
        difference: None where every event is the recorded one.
    """

    core: str
    recorded_core: str | None
    messages: int
    expected: Outcome
    events: int
    events_digest: str
    state_digest: str
    difference: Difference | None

    @property
    def reproduced(self) -> bool:
        """Whether events, their count and the final state are those that were recorded."""
        return (self.events, self.events_digest, self.state_digest) == (
            self.expected.events,
            self.expected.events_digest,
            self.expected.state_digest,
        )


def reproduce(
    registry: Registry, entry: Entry, *, core: str | None = None, trace: Path | None = None
) -> Reproduction:
    """Make a run again from what its artefact says, and compare every event by digest.

    Args:
        core: a core's name or `auto`; None takes the one that the run had, or the fastest.
        trace: the data file of a replay.

    Raises:
        UsageError, NotFound, IntegrityError, InvalidInput, NotReproduced: as `workloads.regenerate`;
            NotFound also where the core is not in this installation.
    """
    artefact = registry.load(entry)
    made = regenerate(artefact, trace)
    outcome = artefact.outcome
    if outcome is None:
        raise UsageError(f"run {entry.digest} gave no events")
    chosen = resolve_core(core or _core_to_repeat(entry.core))
    events, state_digest = _run(made, chosen)
    digest = records_digest(events)
    same = (events.size, digest) == (outcome.events, outcome.events_digest)
    return Reproduction(
        core=chosen,
        recorded_core=entry.core,
        messages=int(made.commands.size),
        expected=outcome,
        events=int(events.size),
        events_digest=digest,
        state_digest=state_digest,
        difference=None if same else _difference(made, chosen, events, outcome, artefact, entry.folder),
    )


def _core_to_repeat(recorded: str | None) -> str:
    return recorded if recorded in core_names() else core_names()[0]


def _run(made: Regenerated, core: str) -> tuple[Events, str]:
    with engine_errors():
        book = make_book(core, made.symbols)
        return book.apply(made.commands), book.state_digest()


def _difference(
    made: Regenerated, core: str, events: Events, outcome: Outcome, artefact: Artefact, folder: Path
) -> Difference:
    """The narrowest that can be said: an event, a chunk of events, or nothing.

    The recorded events themselves are not kept. A core that still gives them stands in for them;
    without one, their digests by chunk show the first chunk that differs.
    """
    for other in core_names():
        if other == core:
            continue
        theirs, _ = _run(made, other)
        if records_digest(theirs) == outcome.events_digest:
            return _between(made, core, events, theirs, f"the {other} core, which gives the recorded events")
    kept = next((file for file in artefact.files if file.path == CHUNKS_FILE), None)
    if kept is not None:
        path = folder / CHUNKS_FILE
        data = read_bounded(path)
        if digest_bytes(data) != kept.sha256:
            raise IntegrityError(
                f"{path}: is not the file that was recorded", hint="`obrelease fsck` tells more"
            )
        return _by_chunks(made, core, events, read_chunks(data, str(path)))
    return Difference(-1, -1, "nothing: the run kept no digests of its events in parts")


def _between(made: Regenerated, core: str, ours: Events, theirs: Events, other: str) -> Difference:
    common = min(ours.size, theirs.size)
    differs = np.flatnonzero(ours[:common] != theirs[:common])
    at = int(differs[0]) if differs.size else common
    return Difference(
        at,
        at,
        other,
        _event(theirs, at),
        _event(ours, at),
        _command_of(made, core, at),
    )


def _by_chunks(made: Regenerated, core: str, events: Events, recorded: tuple[Chunk, ...]) -> Difference:
    ours = chunks_of(events)
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
        "the digests in the artefact; the events of then are not kept",
        found=_event(events, first),
        command=_command_of(made, core, first),
    )


def _command_of(made: Regenerated, core: str, sequence: int) -> str | None:
    """The command that gave the event of this number: found by halves, each half run once more."""
    book = make_book(core, made.symbols)
    first, beyond = 0, int(made.commands.size)
    while beyond - first > 1:
        middle = first + max((beyond - first) // 2, 1)
        trial = make_book(core, made.symbols)
        trial.apply(made.commands[:middle])
        first, beyond = (middle, beyond) if trial.next_sequence <= sequence else (first, middle)
    book.apply(made.commands[:beyond])
    return _command(made.commands, first) if sequence < book.next_sequence else None


def _event(events: Events, at: int) -> str | None:
    if not 0 <= at < events.size:
        return None
    kind, detail, symbol, qty, order_id, other_id, price = events[at].tolist()
    try:
        named = EventKind(kind)
        words = f"{named.name} {_DETAILS[named](detail).name}"
    except ValueError:
        words = f"kind {kind} detail {detail}"
    price_words = "no price" if price == NO_PRICE else f"{price} ticks"
    return f"{words}: order {order_id}, other {other_id}, {qty} lots at {price_words}, symbol {symbol}"


def _command(commands: Commands, at: int) -> str:
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
