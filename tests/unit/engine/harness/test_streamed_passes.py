"""Passes side by side: any batches, more symbols than at first, and passes that differ."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from obengine.api.errors import DigestMismatch
from obengine.api.messages import COMMAND, Commands, Events, Op, records_digest
from obengine.cores import make_book
from obengine.flow.baseline import STEADY, generate
from obengine.harness.background import ReadAhead, Worker
from obengine.harness.measure import run_passes
from obengine.harness.streamed_passes import StreamedPasses, batches_of
from obengine.reference.book import ReferenceBook


def stream(messages: int = 3_000, symbols: int = 40) -> Commands:
    """Flow of more symbols than a book has at first."""
    commands = generate(STEADY, 5, messages).commands.copy()
    commands["symbol"] = np.arange(messages) * symbols // messages
    return commands


@pytest.mark.parametrize("core", ["reference", "native"])
@pytest.mark.parametrize(("batch", "stride"), [(1, 1), (7, 3), (1_000, 1), (999, 50), (9_000, 4_000)])
def test_streamed_passes_give_what_passes_over_the_whole_stream_give(
    core: str, batch: int, stride: int
) -> None:
    commands = stream(300 if batch == 1 else 3_000)
    seen: list[Events] = []
    finished: list[int] = []
    runs = StreamedPasses(
        lambda symbols: make_book(core, symbols), 2, stride=stride,
        watch=lambda _, events: seen.append(events), progress=finished.append,
    )  # fmt: skip
    for each in batches_of(iter(np.array_split(commands, 5)), batch):
        runs.apply(each)
    found = runs.finish()
    whole = run_passes(commands, lambda: make_book(core, 40), 1, None)
    assert records_digest(*seen) == whole.events_digest
    assert found.snapshot.digest() == whole.snapshot.digest()
    assert (found.commands, found.events) == (commands.size, whole.events.size)
    assert found.service.latency_ns.size == -(-commands.size // stride)
    assert sum(finished) == 4 * commands.size
    assert len(found.wall_ns) == 2


@pytest.mark.parametrize(("made", "label"), [(2, "pass 1"), (4, "one message at a time")])
def test_a_pass_that_gives_other_events_is_named(made: int, label: str) -> None:
    class Odd(ReferenceBook):
        """A book that trades its first event for another."""

        def apply(self, commands: Commands) -> Events:
            events = super().apply(commands).copy()
            events["qty_lots"][:1] += 1
            return events

    books: list[ReferenceBook] = []

    def make(symbols: int) -> ReferenceBook:
        books.append(Odd(symbols) if len(books) + 1 == made else ReferenceBook(symbols))
        return books[-1]

    runs = StreamedPasses(make, 2, stride=10, watch=lambda *_: None, progress=None)
    with pytest.raises(DigestMismatch, match=rf"{label} gave other events .* from event 0 on"):
        runs.apply(stream(20, 1))


def test_batches_have_one_size_and_lose_nothing() -> None:
    commands = stream(1_000)
    parts = [commands[:0], commands[:10], commands[10:700], commands[700:]]
    batches = list(batches_of(parts, 64))
    assert [each.size for each in batches] == [64] * 15 + [40]
    assert np.concatenate(batches).tobytes() == commands.tobytes()
    assert list(batches_of([np.zeros(0, COMMAND)], 64)) == []
    assert commands["op"].max() <= Op.MODIFY


@pytest.mark.parametrize("inline", [True, False])
def test_a_worker_keeps_the_order_and_raises_failures(inline: bool) -> None:
    done: list[int] = []

    def fail() -> None:
        raise ValueError("no")

    with Worker(inline=inline) as worker:
        for number in range(50):
            worker.run(lambda number=number: done.append(number))
    assert done == list(range(50))
    with pytest.raises(ValueError, match="no"), Worker(inline=inline) as worker:
        worker.run(fail)


def test_reading_ahead_gives_all_items_and_the_error_behind_them() -> None:
    def items() -> Iterator[int]:
        yield from range(20)
        raise ValueError("no")

    ahead = iter(ReadAhead(items()))
    assert [next(ahead) for _ in range(20)] == list(range(20))
    with pytest.raises(ValueError, match="no"):
        next(ahead)
    closed: list[bool] = []

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    source = endless()
    for _ in ReadAhead(source):
        break
    source.close()
    assert closed == [True]
