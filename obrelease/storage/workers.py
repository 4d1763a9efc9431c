"""Parallel work on many folders: threads to hash large files, processes to read many small ones."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from obrelease.storage.forked_workers import forked_map

if TYPE_CHECKING:
    from concurrent.futures import Future

A = TypeVar("A")
B = TypeVar("B")

MIN_ITEMS_FOR_PROCESSES: Final = 2_000
"""With fewer items, starting processes takes longer than it saves."""

_TASKS_PER_THREAD: Final = 16
_ITEMS_PER_CHUNK: Final = 500
_ITEMS_PER_CHUNK_HERE: Final = 50
"""Of work in this process: progress is counted by chunk."""


def map_in_order(
    work: Callable[[A], B],
    items: Iterable[A],
    *,
    workers: int | None = None,
    give_up: Callable[[], object] | None = None,
) -> Iterator[B]:
    """`map` on several threads: results come in the order of the items, few items are taken in advance.

    Args:
        workers: the number of threads; None for one per processor.
        give_up: is called if the work fails or is interrupted, before its running threads are waited for.
    """
    from concurrent.futures import ThreadPoolExecutor

    threads = workers or processor_count()
    pending: deque[Future[B]] = deque()
    waiting = iter(items)
    with ThreadPoolExecutor(threads) as pool:
        try:
            pending.extend(pool.submit(work, item) for item in islice(waiting, threads * _TASKS_PER_THREAD))
            while pending:
                done = pending.popleft().result()
                pending.extend(pool.submit(work, item) for item in islice(waiting, 1))
                yield done
        except BaseException:
            if give_up is not None:
                give_up()
            raise
        finally:
            for task in pending:
                task.cancel()


@contextmanager
def map_in_chunks(work: Callable[[Sequence[A]], B], items: Sequence[A]) -> Iterator[Iterator[B]]:
    """`map` over chunks of the items, in order; in several processes if there are many items.

    Reading small documents is bound by the interpreter lock, so threads do not help. Processes are forked
    on entry, and only where that is safe: on Linux, from a process with one thread. Otherwise the work is
    done in this process.

    Args:
        work: its results can be pickled; it may be done twice for the first item.
    """
    single = sys.platform != "linux" or threading.active_count() > 1 or processor_count() < 2
    here = single or len(items) < MIN_ITEMS_FOR_PROCESSES
    size = _ITEMS_PER_CHUNK_HERE if here else _ITEMS_PER_CHUNK
    chunks = [items[at : at + size] for at in range(0, len(items), size)]
    if here:
        yield map(work, chunks)
        return
    work(items[:1])  # what it loads is loaded once, before the processes are forked
    with forked_map(work, chunks, processor_count()) as results:
        yield results


def processor_count() -> int:
    """How many processors this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    else:  # noqa: RET505 - mypy checks one of both
        return os.cpu_count() or 1
