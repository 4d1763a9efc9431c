"""Worker processes for many small pieces of work, forked from this process.

Each inherits the work and its share of the chunks, and sends its results through a pipe. A pool of
`multiprocessing` would start three threads, pickle the work, and wait forever for a worker that was killed.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, NoReturn, TypeVar

from obrelease.errors import StorageError

A = TypeVar("A")
B = TypeVar("B")

_ENDED_HINT: Final = "the system ends processes if memory runs out; run the command again"


@dataclass(frozen=True, slots=True)
class _Worker:
    """A forked process, and the pipe with its results in the order of its chunks."""

    pid: int
    results: BinaryIO


@contextmanager
def forked_map(work: Callable[[A], B], chunks: Sequence[A], processes: int) -> Iterator[Iterator[B]]:
    """`map` over chunks in forked processes, in order; an exception of the work is raised here.

    The processes are forked on entry and have ended on exit. They take the chunks in turn, so that each
    has as many as the others.

    Args:
        work: its results can be pickled.

    Raises:
        StorageError: while results are read: a worker was ended from outside.
    """
    workers: list[_Worker] = []
    try:
        for number in range(processes):
            workers.append(_fork(work, chunks[number::processes]))  # noqa: PERF401 - each must be ended
        yield (_next_result(workers[number % processes]) for number in range(len(chunks)))
    finally:
        for worker in workers:
            worker.results.close()
            os.kill(worker.pid, signal.SIGTERM)
        for worker in workers:
            os.waitpid(worker.pid, 0)


def _fork(work: Callable[[A], B], chunks: Sequence[A]) -> _Worker:
    """Signals are blocked until the child has replaced the handlers of its parent."""
    if sys.platform == "win32":
        raise StorageError("processes cannot be forked on Windows")
    source, sink = os.pipe()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            os.close(source)
            _send_results(work, chunks, sink)
    except OSError:
        os.close(source)
        raise
    finally:
        os.close(sink)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return _Worker(pid, os.fdopen(source, "rb"))


def _send_results(work: Callable[[A], B], chunks: Sequence[A], sink: int) -> NoReturn:
    """In the child: send whether each chunk succeeded, and the result or the exception.

    It ends without the exit handlers and buffers of its parent, and at once if the parent is gone.
    """
    try:
        gc.freeze()
        with suppress(OSError), os.fdopen(sink, "wb") as output:
            for chunk in chunks:
                output.write(_answer(work, chunk))
                output.flush()
    finally:
        os._exit(0)


def _answer(work: Callable[[A], B], chunk: A) -> bytes:
    try:
        return pickle.dumps((True, work(chunk)))
    except Exception as error:
        try:
            return pickle.dumps((False, error))
        except Exception:
            return pickle.dumps((False, RuntimeError(repr(error))))


def _next_result(worker: _Worker) -> Any:
    try:
        succeeded, value = pickle.load(worker.results)  # noqa: S301 - written by a fork of this process
    except EOFError as error:
        raise StorageError("a worker process ended before its work was done", hint=_ENDED_HINT) from error
    if not succeeded:
        raise value
    return value
