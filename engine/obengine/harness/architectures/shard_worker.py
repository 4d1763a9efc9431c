"""A worker process that matches shards: wire records on stdin, event records on stdout.

A request is two little-endian u8 (symbols, bytes) and the records; the answer is one u8 (bytes) and the
events. `multiprocessing` is not used because its children import the caller's main program.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, Final, cast

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import EVENT, Events
from obengine.cores import NATIVE, make_book
from obengine.harness.architectures.wire import WIRE, Wire, decode

_REQUEST: Final = struct.Struct("<QQ")
_ANSWER: Final = struct.Struct("<Q")


class ShardProcesses:
    """Worker processes, one per shard, that work concurrently."""

    def __init__(self, workers: list[subprocess.Popen[bytes]]) -> None:
        self._workers = workers

    def match(self, wires: list[NDArray[np.void]], symbols: int) -> list[Events]:
        """Match each shard on its own book; return the events of each."""
        answers: list[bytes] = [b""] * len(wires)

        def ask(number: int) -> None:
            worker = self._workers[number]
            to, back = cast("BinaryIO", worker.stdin), cast("BinaryIO", worker.stdout)
            data = np.ascontiguousarray(wires[number]).view(np.uint8).data
            to.write(_REQUEST.pack(symbols, data.nbytes))
            to.write(data)
            to.flush()
            (size,) = _ANSWER.unpack(back.read(_ANSWER.size))
            answers[number] = back.read(size)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(wires))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [np.frombuffer(answer, EVENT) for answer in answers]


@contextmanager
def shard_processes(count: int) -> Iterator[ShardProcesses]:
    """Start `count` workers, and terminate them at the end of the block."""
    words = [sys.executable, "-m", "obengine.harness.architectures.shard_worker"]
    with ExitStack() as stack:
        workers = []
        for _ in range(count):
            worker = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            stack.enter_context(worker)
            stack.callback(worker.terminate)
            workers.append(worker)
        yield ShardProcesses(workers)


def match_shard(wire: Wire, symbols: int) -> Events:
    """Decode and match all messages of one shard on a new book."""
    return make_book(NATIVE, symbols).apply(decode(wire))


def serve(requests: BinaryIO, answers: BinaryIO, match: Callable[[NDArray[np.void], int], Events]) -> None:
    """Answer requests until the end of the input."""
    while len(head := requests.read(_REQUEST.size)) == _REQUEST.size:
        symbols, size = _REQUEST.unpack(head)
        events = match(np.frombuffer(requests.read(size), WIRE), symbols)
        answers.write(_ANSWER.pack(events.nbytes))
        answers.write(np.ascontiguousarray(events).view(np.uint8).data)
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer, match_shard)
