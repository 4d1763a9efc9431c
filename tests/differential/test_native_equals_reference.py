"""The native core against the reference: every event, every reject code, every state."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from obengine.messages import Commands, EventKind, Events, Priority, RejectCode, Side
from obengine.native import NativeBook
from obengine.reference import ReferenceBook
from tests.differential.profiles import STREAMS
from tests.property.strategies import SYMBOLS, command_streams
from tests.property.strategies import nonsense as any_bytes


def batches(commands: Commands, seed: int) -> list[Commands]:
    """The stream cut at random places, so that batches of one and of thousands both occur."""
    rng = np.random.default_rng(seed)
    cuts = np.unique(np.concatenate([rng.integers(0, len(commands), 6), rng.integers(0, 40, 4)]))
    return np.split(commands, cuts)


def assert_same_state(native: NativeBook, reference: ReferenceBook, symbols: int) -> None:
    assert native.audit() is None
    assert native.next_sequence == reference.next_sequence
    assert native.state_digest() == reference.state_digest()
    for symbol in {0, symbols // 2, symbols - 1}:
        for side in Side:
            assert native.depth(side, 7, symbol) == reference.depth(side, 7, symbol)


def run_both(name: str, seed: int, messages: int) -> Events:
    """All events of a stream, after they were found equal batch by batch."""
    symbols, make = STREAMS[name]
    native, reference = NativeBook(symbols), ReferenceBook(symbols)
    seen = []
    for batch in batches(make(seed, messages), seed):
        expected = reference.apply(batch)
        given_events = native.apply(batch)
        if given_events.tobytes() != expected.tobytes():
            first = next(
                at
                for at in range(len(expected))
                if at >= len(given_events) or given_events[at] != expected[at]
            )
            pytest.fail(
                f"{name} {seed}: event {first}: {given_events[first : first + 1]} != {expected[first]}"
            )
        assert_same_state(native, reference, symbols)
        seen.append(expected)
    return np.concatenate(seen)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", STREAMS)
def test_events_and_states_are_equal(name: str, seed: int) -> None:
    assert len(run_both(name, seed, 10_000)) >= 10_000


def test_the_streams_meet_every_rule() -> None:
    events = np.concatenate([run_both(name, 11, 4_000) for name in STREAMS])
    assert set(events["kind"].tolist()) == set(EventKind)
    refused = events[events["kind"] == EventKind.REJECTED]
    assert set(refused["detail"].tolist()) == set(RejectCode)
    modified = events[events["kind"] == EventKind.MODIFIED]
    assert set(modified["detail"].tolist()) == set(Priority)


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


@pytest.mark.nightly
@pytest.mark.parametrize("name", STREAMS)
def test_a_thousand_seeds_are_equal(name: str) -> None:
    for seed in range(100, 1_100):
        run_both(name, seed, 1_500)
