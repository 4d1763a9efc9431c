"""Work on many folders at once: threads to hash large files, processes to read many small ones."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from typing import Final, TypeVar

A = TypeVar("A")
B = TypeVar("B")

MANY: Final = 2_000
"""So many folders are worth the start of further processes."""

_AHEAD: Final = 16
_CHUNK: Final = 500


def in_order(work: Callable[[A], B], items: Iterable[A], *, workers: int | None = None) -> Iterator[B]:
    """`map` on several threads: results in the order of the items, never many items ahead.

    Args:
        workers: threads; None for one per processor.
    """
    threads = workers or processors()
    pending: deque[Future[B]] = deque()
    waiting = iter(items)
    with ThreadPoolExecutor(threads) as pool:
        try:
            pending.extend(pool.submit(work, item) for item in islice(waiting, threads * _AHEAD))
            while pending:
                done = pending.popleft().result()
                pending.extend(pool.submit(work, item) for item in islice(waiting, 1))
                yield done
        finally:
            for task in pending:
                task.cancel()


@contextmanager
def in_chunks(work: Callable[[Sequence[A]], B], items: Sequence[A]) -> Iterator[Iterator[B]]:
    """`work` on one chunk of the items after the other, in order; on all processors where they are many.

    Reading a small document is Python's work, so processes serve. They are forked on entry, and only on
    Linux from a process of one thread, where forking is safe; otherwise the work is done here.

    Args:
        work: a function of a module, or a partial of one; what it takes and gives can be pickled.
    """
    chunks = [items[at : at + _CHUNK] for at in range(0, len(items), _CHUNK)]
    alone = sys.platform != "linux" or threading.active_count() > 1 or processors() < 2
    if alone or len(items) < MANY:
        yield map(work, chunks)
        return
    with get_context("fork").Pool(processors()) as pool:
        yield pool.imap(work, chunks)


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
