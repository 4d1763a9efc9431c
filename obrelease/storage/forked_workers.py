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
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, TypeVar

from obrelease.errors import StorageError
from obrelease.storage.system_errors import reason_of

A = TypeVar("A")
B = TypeVar("B")

_ENDED_HINT: Final = "the system ends processes if memory runs out; run the command again"
_NO_START_HINT: Final = "end other programs, or raise the limits with `ulimit -u` and `ulimit -n`"


@dataclass(frozen=True, slots=True)
class _Worker:
    """A forked process, and the pipe with its results in the order of its chunks."""

    pid: int
    results: BinaryIO


@contextmanager
def forked_map(work: Callable[[A], B], chunks: Sequence[A], processes: int) -> Iterator[Iterator[B]]:
    """`map` over chunks in forked processes, in order; an exception of the work is raised here.

    The processes are forked on entry and have ended on exit, even if a signal interrupts either. They take
    the chunks in turn, so that each has as many as the others.

    Args:
        work: its results can be pickled.

    Raises:
        StorageError: on entry: no process can be started; while results are read: a worker was ended from
            outside.
    """
    workers: list[_Worker] = []
    try:
        with _signals_blocked() as mask:
            for number in range(processes):
                workers.append(_fork(work, chunks[number::processes], mask))  # noqa: PERF401 - each must be ended
        yield (_next_result(workers[number % processes]) for number in range(len(chunks)))
    finally:
        with _signals_blocked():
            for worker in workers:
                _end(worker)


@contextmanager
def _signals_blocked() -> Iterator[Collection[int]]:
    """Ctrl-C and SIGTERM are delivered after the block; yields the signals that were blocked before it.

    So no worker is forgotten between its fork and the list of workers, and none runs a handler of its parent.
    """
    if sys.platform == "win32":
        yield ()
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        yield mask
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _end(worker: _Worker) -> None:
    """A parent that ignores SIGCHLD, perhaps because it was started so, has no child left to end."""
    worker.results.close()
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(worker.pid, signal.SIGTERM)
        os.waitpid(worker.pid, 0)


def _fork(work: Callable[[A], B], chunks: Sequence[A], mask: Collection[int]) -> _Worker:
    """Signals are blocked here; the child has `mask` when it has replaced the handlers of its parent.

    Raises:
        StorageError: the system gives no more processes or files.
    """
    if sys.platform == "win32":
        raise StorageError("processes cannot be forked on Windows")
    with _start_errors():
        source, sink = os.pipe()
    results, output = os.fdopen(source, "rb"), os.fdopen(sink, "wb")
    try:
        with _start_errors():
            pid = os.fork()
    except StorageError:
        results.close()
        output.close()
        raise
    if pid == 0:
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            results.close()
            _send_results(work, chunks, output)
        finally:
            os._exit(0)
    output.close()
    return _Worker(pid, results)


@contextmanager
def _start_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"a worker process cannot be started: {reason_of(error)}", hint=_NO_START_HINT
        ) from error


def _send_results(work: Callable[[A], B], chunks: Sequence[A], output: BinaryIO) -> None:
    """In the child: send whether each chunk succeeded, and the result or the exception.

    It ends without the exit handlers and buffers of its parent, and at once if the parent is gone.
    """
    gc.freeze()
    with suppress(OSError):
        for chunk in chunks:
            output.write(_answer(work, chunk))
            output.flush()


def _answer(work: Callable[[A], B], chunk: A) -> bytes:
    try:
        return pickle.dumps((True, work(chunk)))
    except Exception as error:
        return _failure(error)


def _failure(error: Exception) -> bytes:
    """The exception itself if it can be sent, or else its text: not every class can be built again."""
    try:
        sent = pickle.dumps((False, error))
        pickle.loads(sent)  # noqa: S301 - just written
    except Exception:
        return pickle.dumps((False, RuntimeError(repr(error))))
    return sent


def _next_result(worker: _Worker) -> Any:
    try:
        succeeded, value = pickle.load(worker.results)  # noqa: S301 - written by a fork of this process
    except (EOFError, pickle.UnpicklingError) as error:  # nothing more, or the beginning of a result
        raise StorageError("a worker process ended before its work was done", hint=_ENDED_HINT) from error
    if not succeeded:
        raise value
    return value
