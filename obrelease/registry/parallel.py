"""Work on many folders at once: hashing and reading release the interpreter, so threads serve."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Final, TypeVar

A = TypeVar("A")
B = TypeVar("B")

_AHEAD: Final = 16


def in_order(work: Callable[[A], B], items: Iterable[A], *, workers: int | None = None) -> Iterator[B]:
    """`map` on several threads: results in the order of the items, never many items ahead.

    Args:
        workers: threads; None for one per processor.
    """
    threads = workers or os.cpu_count() or 1
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
