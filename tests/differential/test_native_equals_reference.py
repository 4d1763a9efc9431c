"""The native core against the reference: every event, every reject code, every state."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from obengine.api.messages import (
    COMMAND,
    NO_PRICE,
    CancelReason,
    Commands,
    EventKind,
    Events,
    Priority,
    RejectCode,
    Side,
)
from obengine.api.protocol import Snapshot
from obengine.native.book import NativeBook
from obengine.reference.book import ReferenceBook
from tests.differential.plain_streams import STREAMS
from tests.property.strategies import SYMBOLS, Step, command_streams, steps
from tests.property.strategies import nonsense as any_bytes

CI_MESSAGES = 1_000_000
NIGHTLY_MESSAGES = 10_000_000
PIECE = 20_000


def batches(commands: Commands, seed: int) -> list[Commands]:
    """The stream cut at random places, so that batches of one and of thousands both occur."""
    rng = np.random.default_rng(seed)
    cuts = np.unique(np.concatenate([rng.integers(0, len(commands), 6), rng.integers(0, 40, 4)]))
    return np.split(commands, cuts)


def assert_same_state(native: NativeBook, reference: ReferenceBook, symbols: int) -> None:
    assert native.audit() is None
    assert native.next_sequence == reference.next_sequence
    assert native.clock_ns == reference.clock_ns
    assert native.state_digest() == reference.state_digest()
    for symbol in {0, symbols // 2, symbols - 1}:
        for side in Side:
            assert native.depth(side, 7, symbol) == reference.depth(side, 7, symbol)
        for ticks in (NO_PRICE, 1000):
            assert native.indication(symbol, ticks) == reference.indication(symbol, ticks)


def assert_same_events(given_events: Events, expected: Events, what: str) -> None:
    if given_events.tobytes() == expected.tobytes():
        return
    both = min(len(given_events), len(expected))
    wrong = np.flatnonzero(given_events[:both] != expected[:both])
    first = int(wrong[0]) if len(wrong) else both
    pytest.fail(
        f"{what}: event {first}: {given_events[first : first + 1]} is not {expected[first : first + 1]}"
    )


def run_both(name: str, seed: int, messages: int) -> Events:
    """All events of a stream, after they were found equal batch by batch; half-way the native book
    is replaced by one restored from the reference's snapshot.
    """
    symbols, make = STREAMS[name]
    native, reference = NativeBook(symbols), ReferenceBook(symbols)
    seen = []
    parts = batches(make(seed, messages), seed)
    for at, batch in enumerate(parts):
        expected = reference.apply(batch)
        assert_same_events(native.apply(batch), expected, f"{name} {seed}, batch {at}")
        assert_same_state(native, reference, symbols)
        seen.append(expected)
        if at == len(parts) // 2:
            native = NativeBook(symbols)
            native.restore(reference.snapshot())
            assert_same_state(native, reference, symbols)
    return np.concatenate(seen)


def codes(events: Events, kind: EventKind) -> set[int]:
    return set(events["detail"][events["kind"] == kind].tolist())


@pytest.mark.parametrize("name", STREAMS)
def test_a_million_messages_give_the_same_events_and_states(name: str) -> None:
    pieces = CI_MESSAGES // len(STREAMS) // PIECE + 1
    for seed in range(pieces):
        run_both(name, seed, PIECE)


def test_the_streams_meet_every_rule() -> None:
    events = np.concatenate([run_both(name, 1_001, PIECE) for name in STREAMS])
    assert set(events["kind"].tolist()) == set(EventKind)
    assert codes(events, EventKind.REJECTED) == set(RejectCode)
    assert codes(events, EventKind.CANCELLED) == set(CancelReason)
    assert codes(events, EventKind.MODIFIED) == set(Priority)


def test_one_command_sets_off_a_long_cascade() -> None:
    events = run_both("cascade", 5, PIECE)
    triggered = np.flatnonzero(events["kind"] == EventKind.TRIGGERED)
    commands_own = np.flatnonzero(np.isin(events["kind"], (EventKind.ACCEPTED, EventKind.MODIFIED)))
    in_one_command = np.bincount(np.searchsorted(commands_own, triggered))
    assert in_one_command.max() >= 10


@given(command_streams(max_size=120))
@settings(max_examples=150, deadline=None)
def test_generated_commands_give_the_same_events(commands: Commands) -> None:
    """Rule: a book is a pure function of its commands, whichever core applies them."""
    native, reference = NativeBook(SYMBOLS), ReferenceBook(SYMBOLS)
    assert native.apply(commands).tobytes() == reference.apply(commands).tobytes()
    assert_same_state(native, reference, SYMBOLS)


@given(any_bytes())
@settings(deadline=None)
def test_any_bytes_give_the_same_events(commands: Commands) -> None:
    """Rule: every record is a command; a malformed one is one reject event."""
    native, reference = NativeBook(SYMBOLS), ReferenceBook(SYMBOLS)
    assert native.apply(commands).tobytes() == reference.apply(commands).tobytes()
    assert_same_state(native, reference, SYMBOLS)


class TwoCores(RuleBasedStateMachine):
    """Rule: after every step the two cores have given the same events and are in the same state.

    A step is a command with its EXTEND, cut from it or not; or a return to a snapshot of either core.
    """

    def __init__(self) -> None:
        super().__init__()
        self.native, self.reference = NativeBook(SYMBOLS), ReferenceBook(SYMBOLS)
        self.kept: Snapshot | None = None

    @rule(step=steps(), together=st.booleans())
    def command(self, step: Step, together: bool) -> None:
        commands = np.array(step, COMMAND)
        for batch in [commands] if together else np.split(commands, len(commands)):
            assert self.native.apply(batch).tobytes() == self.reference.apply(batch).tobytes()

    @rule(from_native=st.booleans())
    def keep(self, from_native: bool) -> None:
        self.kept = (self.native if from_native else self.reference).snapshot()

    @precondition(lambda self: self.kept is not None)
    @rule()
    def go_back(self) -> None:
        assert self.kept is not None
        self.native.restore(self.kept)
        self.reference.restore(self.kept)

    @invariant()
    def same_state(self) -> None:
        assert_same_state(self.native, self.reference, SYMBOLS)


TwoCores.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
TestTwoCores = TwoCores.TestCase


@pytest.mark.nightly
@pytest.mark.parametrize("name", STREAMS)
def test_ten_million_messages_give_the_same_events_and_states(name: str) -> None:
    pieces = NIGHTLY_MESSAGES // len(STREAMS) // PIECE + 1
    for seed in range(10_000, 10_000 + pieces):
        run_both(name, seed, PIECE)
