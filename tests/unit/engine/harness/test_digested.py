"""Events and their digest on two threads: the same as on one, and clean when the user interrupts it."""

from __future__ import annotations

import _thread
import threading
from functools import partial

import numpy as np
import pytest

from obengine.api.messages import Commands, records_digest
from obengine.api.protocol import DigestingBook
from obengine.cores import NATIVE, REFERENCE, make_book
from obengine.flow.baseline import STEADY, generate
from obengine.harness import digested
from obengine.harness.digested import LEAST_MESSAGES, apply_digested
from obengine.harness.measure import run_passes

COMMANDS = generate(STEADY, 3, LEAST_MESSAGES).commands


def digests_alike(core: str, commands: Commands) -> int:
    """Require the output of one thread, also of the commands that follow; the number of threads used."""
    one, other = make_book(core), make_book(core)
    events = one.apply(commands)
    given = apply_digested(other, commands)
    assert np.array_equal(given.events, events)
    assert given.events_digest == records_digest(events)
    assert given.matching_ns > 0
    assert other.state_digest() == one.state_digest()
    assert other.next_sequence == one.next_sequence
    return given.threads


@pytest.mark.parametrize(("processors", "threads"), [(1, 1), (2, 2)])
def test_a_second_thread_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, processors: int, threads: int
) -> None:
    monkeypatch.setattr(digested, "available_processors", lambda: processors)
    assert digests_alike(NATIVE, COMMANDS) == threads
    assert digests_alike(NATIVE, COMMANDS[: LEAST_MESSAGES - 1]) == 1
    assert digests_alike(REFERENCE, COMMANDS[:2_000]) == 1


def test_passes_say_how_many_threads_they_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digested, "available_processors", lambda: 2)
    two = run_passes(COMMANDS, partial(make_book, NATIVE), 1, None)
    monkeypatch.setattr(digested, "available_processors", lambda: 1)
    one = run_passes(COMMANDS, partial(make_book, NATIVE), 1, None)
    assert (one.digest_threads, two.digest_threads) == (1, 2)
    assert one.events_digest == two.events_digest
    assert two.warmup_ns > 0


def test_an_empty_batch_has_the_digest_of_nothing() -> None:
    book = make_book(NATIVE)
    assert isinstance(book, DigestingBook)
    given = book.apply_digested(COMMANDS[:0])
    assert (given.events.size, given.events_digest) == (0, records_digest())


def test_an_interrupt_ends_both_threads_in_the_middle_of_a_batch() -> None:
    book = make_book(NATIVE)
    assert isinstance(book, DigestingBook)
    many = np.tile(COMMANDS, 100)
    before = threading.active_count()
    timer = threading.Timer(0.01, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        book.apply_digested(many)
    timer.join()
    assert threading.active_count() == before
    assert 0 < book.next_sequence < many.size
    assert book.apply(COMMANDS[:1]).size == 1
