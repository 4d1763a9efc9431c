"""The architectures, with one interface: wire bytes in, events digest out.

The job is always the same: decode big-endian wire records to commands, match them, and digest the events in
order. The architectures differ in the division of the work and in how it is passed on:

============== ================================================================================
inline         one thread, one message at a time, reference core
queue          a decoding and a matching thread with a `queue.Queue` between them, message by
               message, reference core
native-inline  one thread, one message at a time, native core
native-batched one thread, batches of `BATCH` messages, decoded by the native core too
pipeline       three threads, decode -> match -> digest, with batches in short single-producer queues;
               matching and hashing release the GIL
native-pipeline two native threads, decode and match -> digest, with batches in a ring of slots; the GIL
               is held for one call per batch only
sharded        one thread per shard of the symbols, all batches of a shard in one call; the events are
               merged into the order of the commands before they are digested
processes      the same with one process per shard
============== ================================================================================
"""

from __future__ import annotations

import hashlib
import queue
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import COMMAND, COMMAND_RECORD, EVENT, Commands, Events
from obengine.cores import NATIVE, REFERENCE, make_book
from obengine.harness.architectures.shard_merge import merge
from obengine.harness.architectures.shard_worker import match_shard, shard_processes
from obengine.harness.architectures.wire import WIRE, Wire, decode

BATCH: Final = 4_096
SHARDS: Final = 2
DEPTH: Final = 8
"""The maximum number of batches between two stages of the pipeline."""

Clock = Callable[[], int]
_WIRE_UNPACK = struct.Struct(COMMAND_RECORD.format.replace("<", ">")).unpack_from


@dataclass(frozen=True, slots=True)
class ArchitecturePass:
    """One pass of an architecture.

    Attributes:
        events, events_digest: the output.
        wall_ns: from the first byte to the digest.
        busy_ns: time spent in each stage.
        latency_ns: for each message (or its batch), from the start of its processing until it has events.
    """

    events: int
    events_digest: str
    wall_ns: int
    busy_ns: Mapping[str, int]
    latency_ns: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Architecture:
    """An architecture; `run(wire, symbols, clock)` does the job once.

    `threads` has the stages of each thread if stages run concurrently; the busiest thread bounds the
    throughput.
    `handoff(messages, clock)` passes that many messages in the same way without work and returns the
    nanoseconds; None if nothing is passed.
    """

    name: str
    core: str
    run: Callable[[Wire, int, Clock], ArchitecturePass]
    handoff: Callable[[int, Clock], int] | None = None
    threads: tuple[tuple[str, ...], ...] = ()

    def bottleneck_ns(self, busy_ns: Mapping[str, int]) -> int | None:
        """The busy time of the busiest thread; None if stage times do not show it (shards)."""
        if "merge" in busy_ns:
            return None
        threads = self.threads or (tuple(busy_ns),)
        return max(sum(busy_ns[stage] for stage in stages) for stages in threads)


def _decode_one(raw: memoryview, at: int) -> Commands:
    fields = _WIRE_UNPACK(raw, at * COMMAND.itemsize)
    return np.frombuffer(COMMAND_RECORD.pack(*fields), COMMAND)


def _one_by_one(core: str, wire: Wire, symbols: int, clock: Clock) -> ArchitecturePass:
    """Decode, match and digest each message before the next one."""
    apply, digest = make_book(core, symbols).apply, hashlib.sha256()
    raw, latency, events = wire.view(np.uint8).data, [0] * wire.size, 0
    decoded_ns = matched_ns = 0
    first = clock()
    for at in range(wire.size):
        start = clock()
        command = _decode_one(raw, at)
        middle = clock()
        given = apply(command)
        end = clock()
        digest.update(given.data)
        decoded_ns += middle - start
        matched_ns += end - middle
        latency[at] = end - start
        events += given.size
    wall = clock() - first
    busy = {"decode": decoded_ns, "match": matched_ns, "digest": wall - decoded_ns - matched_ns}
    return ArchitecturePass(events, digest.hexdigest(), wall, busy, np.array(latency, dtype=np.int64))


def _queued(core: str, wire: Wire, symbols: int, clock: Clock) -> ArchitecturePass:
    """A decoding thread passes each message to the matching thread."""
    apply, digest = make_book(core, symbols).apply, hashlib.sha256()
    raw = wire.view(np.uint8).data
    waiting: queue.Queue[tuple[int, Commands] | None] = queue.Queue(maxsize=BATCH)
    failures: list[Exception] = []
    latency, busy, events = [0] * wire.size, {"decode": 0, "match": 0, "digest": 0}, 0

    def produce() -> None:
        spent = 0
        with _collect_errors(failures):
            for at in range(wire.size):
                start = clock()
                command = _decode_one(raw, at)
                spent += clock() - start
                waiting.put((start, command))
        waiting.put(None)
        busy["decode"] = spent

    thread = threading.Thread(target=produce, daemon=True)
    first = clock()
    thread.start()
    at = 0
    while (item := waiting.get()) is not None:
        start, command = item
        taken = clock()
        given = apply(command)
        end = clock()
        digest.update(given.data)
        busy["match"] += end - taken
        busy["digest"] += clock() - end
        latency[at] = end - start
        events += given.size
        at += 1
    thread.join()
    _raise_first(failures)
    return ArchitecturePass(
        events, digest.hexdigest(), clock() - first, busy, np.array(latency, dtype=np.int64)
    )


@contextmanager
def _collect_errors(failures: list[Exception]) -> Iterator[None]:
    """Collect an exception of a thread for the main thread; the other stages then drain their queues."""
    try:
        yield
    except Exception as error:
        failures.append(error)


def _raise_first(failures: list[Exception]) -> None:
    if failures:
        raise failures[0]


def _batched(wire: Wire, symbols: int, clock: Clock) -> ArchitecturePass:
    """The three stages sequentially on whole batches."""
    apply, digest = make_book(NATIVE, symbols).apply, hashlib.sha256()
    decoded_ns = matched_ns = digested_ns = events = 0
    latency = np.empty(wire.size, dtype=np.int64)
    first = clock()
    for at in range(0, wire.size, BATCH):
        start = clock()
        commands = decode(wire[at : at + BATCH])
        decoded = clock()
        given = apply(commands)
        matched = clock()
        digest.update(given.data)
        end = clock()
        decoded_ns += decoded - start
        matched_ns += matched - decoded
        digested_ns += end - matched
        latency[at : at + BATCH] = matched - start
        events += given.size
    busy = {"decode": decoded_ns, "match": matched_ns, "digest": digested_ns}
    return ArchitecturePass(events, digest.hexdigest(), clock() - first, busy, latency)


def _pipeline(wire: Wire, symbols: int, clock: Clock) -> ArchitecturePass:
    """One thread per stage; batches are passed from one to the next."""
    apply, digest = make_book(NATIVE, symbols).apply, hashlib.sha256()
    decoded: queue.Queue[tuple[int, Commands] | None] = queue.Queue(maxsize=DEPTH)
    matched: queue.Queue[tuple[int, int, Events] | None] = queue.Queue(maxsize=DEPTH)
    busy = {"decode": 0, "match": 0, "digest": 0}
    latency, counts = np.empty(wire.size, dtype=np.int64), [0]
    failures: list[Exception] = []

    def matching() -> None:
        while (item := decoded.get()) is not None:
            if failures:
                continue
            with _collect_errors(failures):
                start, commands = item
                taken = clock()
                given = apply(commands)
                end = clock()
                busy["match"] += end - taken
                matched.put((end - start, commands.size, given))
        matched.put(None)

    def digesting() -> None:
        at = 0
        while (item := matched.get()) is not None:
            if failures:
                continue
            taken_ns, size, given = item
            start = clock()
            digest.update(given.data)
            busy["digest"] += clock() - start
            latency[at : at + size] = taken_ns
            at += size
            counts[0] += given.size

    decoding = partial(_decode_batches, wire, clock, decoded, busy, failures)
    threads = [threading.Thread(target=stage, daemon=True) for stage in (decoding, matching, digesting)]
    first = clock()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _raise_first(failures)
    return ArchitecturePass(counts[0], digest.hexdigest(), clock() - first, busy, latency)


def _decode_batches(
    wire: Wire,
    clock: Clock,
    decoded: queue.Queue[tuple[int, Commands] | None],
    busy: dict[str, int],
    failures: list[Exception],
) -> None:
    """The first stage of the pipeline; None marks the end."""
    with _collect_errors(failures):
        for at in range(0, wire.size, BATCH):
            start = clock()
            commands = decode(wire[at : at + BATCH])
            busy["decode"] += clock() - start
            decoded.put((start, commands))
    decoded.put(None)


def _native_pipeline(wire: Wire, symbols: int, clock: Clock) -> ArchitecturePass:
    """One native thread decodes and matches while this thread digests."""
    from obengine.native.pipeline import run_native_pipeline

    first = clock()
    results = run_native_pipeline(wire, symbols, BATCH)
    wall = clock() - first
    busy = {"decode": results.decode_ns, "match": results.match_ns, "digest": results.digest_ns}
    latency = np.repeat(results.batch_ns, BATCH)[: wire.size]
    return ArchitecturePass(results.events, results.events_digest, wall, busy, latency)


def _measure_native_handoff(messages: int, _: Clock) -> int:
    from obengine.native.pipeline import handoff_ns

    return handoff_ns(-(-messages // BATCH))


class _Shards(Protocol):
    """Matches shards concurrently."""

    def match(self, wires: list[Wire], symbols: int) -> list[Events]: ...


def _sharded(
    workers: Callable[[int], AbstractContextManager[_Shards]], wire: Wire, symbols: int, clock: Clock
) -> ArchitecturePass:
    """Symbols are distributed over shards; their events are merged into the order of the commands."""
    with workers(SHARDS) as shards:
        shards.match([np.zeros(0, WIRE)] * SHARDS, symbols)
        first = clock()
        shard = wire["symbol"].astype(np.int64) % SHARDS
        rows = [np.flatnonzero(shard == number) for number in range(SHARDS)]
        parts = [wire[own] for own in rows]
        split = clock()
        given = shards.match(parts, symbols)
        matched = clock()
        events = merge(rows, given)
        merged = clock()
        digest = hashlib.sha256(events.data)
        end = clock()
    busy = {
        "split": split - first,
        "match": matched - split,
        "merge": merged - matched,
        "digest": end - merged,
    }
    latency = np.full(wire.size, matched - first, dtype=np.int64)
    return ArchitecturePass(events.size, digest.hexdigest(), end - first, busy, latency)


class _ShardThreads:
    """Matches shards in threads of this process."""

    def match(self, wires: list[Wire], symbols: int) -> list[Events]:
        with ThreadPoolExecutor(len(wires)) as pool:
            return list(pool.map(match_shard, wires, [symbols] * len(wires)))


@contextmanager
def _shard_threads(_: int) -> Iterator[_ShardThreads]:
    yield _ShardThreads()


def _measure_handoff(size: int, depth: int, messages: int, clock: Clock) -> int:
    """Measure passing empty work in units of `size` messages from one thread to another."""
    passing: queue.Queue[tuple[int, Events] | None] = queue.Queue(maxsize=depth)
    nothing = np.zeros(0, dtype=EVENT)

    def produce() -> None:
        for at in range(0, messages, size):
            passing.put((at, nothing))
        passing.put(None)

    thread = threading.Thread(target=produce, daemon=True)
    start = clock()
    thread.start()
    while passing.get() is not None:
        pass
    thread.join()
    return clock() - start


_QUEUED: Final = (("decode",), ("match", "digest"))
_EACH_ALONE: Final = (("decode",), ("match",), ("digest",))
_TWO: Final = (("decode", "match"), ("digest",))

ARCHITECTURES: Final[Mapping[str, Architecture]] = MappingProxyType(
    {
        each.name: each
        for each in (
            Architecture("inline", REFERENCE, partial(_one_by_one, REFERENCE)),
            Architecture(
                "queue", REFERENCE, partial(_queued, REFERENCE), partial(_measure_handoff, 1, BATCH), _QUEUED
            ),
            Architecture("native-inline", NATIVE, partial(_one_by_one, NATIVE)),
            Architecture("native-batched", NATIVE, _batched),
            Architecture("pipeline", NATIVE, _pipeline, partial(_measure_handoff, BATCH, DEPTH), _EACH_ALONE),
            Architecture("native-pipeline", NATIVE, _native_pipeline, _measure_native_handoff, _TWO),
            Architecture("sharded", NATIVE, partial(_sharded, _shard_threads)),
            Architecture("processes", NATIVE, partial(_sharded, shard_processes)),
        )
    }
)
"""By name; the first is the baseline."""
