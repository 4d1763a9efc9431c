"""Architectures under one interface: wire bytes in, one events digest out, whatever runs in between.

The job is always the same: decode big-endian wire records into commands, match them, and digest the
events in order. The architectures differ in who does what, and in how work is handed on:

============== ================================================================================
inline         one thread, one message at a time, reference core
queue          a decoding and a matching thread with a `queue.Queue` between them, message by
               message, reference core
native-inline  one thread, one message at a time, native core
native-batched one thread, batches of `BATCH` messages, decoded by the native core too
pipeline       three threads, decode -> match -> digest, handing on whole batches over short
               single-producer queues; matching and hashing release the interpreter lock
native-pipeline two native threads, decode and match -> digest, handing on batches over a ring of slots;
               no interpreter lock but for a call a batch
sharded        one thread a shard of the symbols, all batches of a shard in one call; the events are
               put back into the order of the commands before they are digested
processes      the same with one process a shard
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
"""Batches that may wait between two stages of the pipeline."""

Clock = Callable[[], int]
_WIRE_UNPACK = struct.Struct(COMMAND_RECORD.format.replace("<", ">")).unpack_from


@dataclass(frozen=True, slots=True)
class ArchitecturePass:
    """One run of an architecture.

    Attributes:
        events, events_digest: what came out.
        wall_ns: from the first byte taken to the digest.
        busy_ns: time spent in each stage, summed over its calls.
        latency_ns: for each message (or for each message's batch), from being taken up to its events
            being there.
    """

    events: int
    events_digest: str
    wall_ns: int
    busy_ns: Mapping[str, int]
    latency_ns: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Architecture:
    """A way to do the job; `run(wire, symbols, clock)` does it once.

    `threads` are the stages by the thread that does them, where stages run at once; the busiest thread
    bounds the throughput. `handoff(messages, clock)` passes that many messages on in the same way with
    no work in between and gives the nanoseconds it took; None where nothing is handed on.
    """

    name: str
    core: str
    run: Callable[[Wire, int, Clock], ArchitecturePass]
    handoff: Callable[[int, Clock], int] | None = None
    threads: tuple[tuple[str, ...], ...] = ()

    def bottleneck_ns(self, busy_ns: Mapping[str, int]) -> int | None:
        """What the busiest thread has to do; None where the stages' times do not tell (shards)."""
        if "merge" in busy_ns:
            return None
        threads = self.threads or (tuple(busy_ns),)
        return max(sum(busy_ns[stage] for stage in stages) for stages in threads)


def _decode_one(raw: memoryview, at: int) -> Commands:
    fields = _WIRE_UNPACK(raw, at * COMMAND.itemsize)
    return np.frombuffer(COMMAND_RECORD.pack(*fields), COMMAND)


def _one_by_one(core: str, wire: Wire, symbols: int, clock: Clock) -> ArchitecturePass:
    """Decode, match and digest each message before the next one is looked at."""
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
    """A thread that decodes hands each message to the one that matches."""
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
    """Keep what goes wrong in a thread for the one that waits: the other stages run empty then."""
    try:
        yield
    except Exception as error:
        failures.append(error)


def _raise_first(failures: list[Exception]) -> None:
    if failures:
        raise failures[0]


def _batched(wire: Wire, symbols: int, clock: Clock) -> ArchitecturePass:
    """The three stages in turn on whole batches."""
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
    """Each stage has its thread; a batch goes from one to the next."""
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
    """The first stage of the pipeline; None says that there is no more."""
    with _collect_errors(failures):
        for at in range(0, wire.size, BATCH):
            start = clock()
            commands = decode(wire[at : at + BATCH])
            busy["decode"] += clock() - start
            decoded.put((start, commands))
    decoded.put(None)


def _native_pipeline(wire: Wire, symbols: int, clock: Clock) -> ArchitecturePass:
    """One native thread decodes and matches while this one digests."""
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
    """Whoever matches shards side by side."""

    def match(self, wires: list[Wire], symbols: int) -> list[Events]: ...


def _sharded(
    workers: Callable[[int], AbstractContextManager[_Shards]], wire: Wire, symbols: int, clock: Clock
) -> ArchitecturePass:
    """Symbols are dealt to shards; their events are merged into the order of the commands."""
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
    """Shards matched by threads of this process."""

    def match(self, wires: list[Wire], symbols: int) -> list[Events]:
        with ThreadPoolExecutor(len(wires)) as pool:
            return list(pool.map(match_shard, wires, [symbols] * len(wires)))


@contextmanager
def _shard_threads(_: int) -> Iterator[_ShardThreads]:
    yield _ShardThreads()


def _measure_handoff(size: int, depth: int, messages: int, clock: Clock) -> int:
    """Hand on empty work in units of `size` messages from one thread to another."""
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
"""By name; the first is what the others are compared with."""
