"""What a second processor gives the native core: `bench_engine.py --threads` prints it.

Each figure is a ratio of wall times of interleaved runs, so it is valid only on a quiet machine with two
processors. The digests of both sides are compared.
"""

from __future__ import annotations

import os
import statistics
import sys
import threading
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from obengine.api.messages import Commands, records_digest
from obengine.harness.architectures.runners import ARCHITECTURES
from obengine.harness.architectures.wire import to_wire
from obengine.harness.digested import available_processors
from obengine.harness.measure import BATCH_MESSAGES, collector_paused
from obengine.native.book import NativeBook

Figure = dict[str, Any]


def thread_figures(commands: Commands, rounds: int) -> list[Figure]:
    """How many times faster two threads are than one, for each way to use them.

    Args:
        commands: the stream; two books get one copy each.
        rounds: repeats of each side.
    """
    if available_processors() < 2:
        sys.exit("one processor: two threads cannot be measured here")
    wire = to_wire(commands)

    def on_the_wire(name: str) -> str:
        return ARCHITECTURES[name].run(wire, 1, perf_counter_ns).events_digest

    events = NativeBook().apply(commands)
    hashing = _times_ns(lambda: records_digest(events), rounds)
    return [
        _ratio(
            "wire in, digest out: two threads against one",
            lambda: on_the_wire("native-batched"),
            lambda: on_the_wire("native-pipeline"),
            rounds,
        ),
        _ratio(
            "NumPy in, events and digest out: two threads against one",
            lambda: records_digest(NativeBook().apply(commands)),
            lambda: NativeBook().apply_digested(commands).events_digest,
            rounds,
            ms_of_the_digest_alone=round(statistics.median(hashing) / 1e6, 1),
        ),
        _two_books(commands, rounds),
    ]


def _ratio(name: str, one: Callable[[], str], two: Callable[[], str], rounds: int, **more: float) -> Figure:
    """The median of the ratios of adjacent runs."""
    if one() != two():
        sys.exit(f"{name}: the digests differ")
    pairs = [(_times_ns(one, 1)[0], _times_ns(two, 1)[0]) for _ in range(rounds)]
    return _figure(name, pairs, 1, **more)


def _figure(name: str, pairs: list[tuple[int, int]], work: int, **more: float) -> Figure:
    """`work` is how many times the work of the first time the second one has done."""
    values = [work * one / two for one, two in pairs]
    return {
        "name": name,
        "unit": "times",
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
        "values": [round(value, 3) for value in values],
        "with": {
            "ms_one": round(statistics.median(one for one, _ in pairs) / 1e6, 1),
            "ms_two": round(statistics.median(two for _, two in pairs) / 1e6, 1),
            **more,
        },
    }


def _times_ns(run: Callable[[], object], rounds: int) -> list[int]:
    taken = []
    for _ in range(rounds):
        with collector_paused():
            start_ns = perf_counter_ns()
            run()
            taken.append(perf_counter_ns() - start_ns)
    return taken


def _two_books(commands: Commands, rounds: int) -> Figure:
    """Two threads with a book each do twice the work of one thread; in batches, as a program reads a stream."""
    pairs = [(_books_ns(commands, 1), _books_ns(commands, 2)) for _ in range(rounds)]
    return _figure("two books on two threads: work done against one", pairs, 2)


def _books_ns(commands: Commands, threads: int) -> int:
    """Time until `threads` threads have applied the commands, each to a book of its own."""
    ready, done = threading.Barrier(threads + 1), threading.Barrier(threads + 1)
    processors = _processors()

    def work(number: int) -> None:
        if processors:
            os.sched_setaffinity(0, {processors[number % len(processors)]})
        book = NativeBook()
        ready.wait()
        for at in range(0, len(commands), BATCH_MESSAGES):
            book.apply(commands[at : at + BATCH_MESSAGES])
        done.wait()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    with collector_paused():
        for worker in workers:
            worker.start()
        ready.wait()
        start_ns = perf_counter_ns()
        done.wait()
        taken_ns = perf_counter_ns() - start_ns
    for worker in workers:
        worker.join()
    return taken_ns


def _processors() -> list[int]:
    """The processors that this process may use, if threads can be pinned to them."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
