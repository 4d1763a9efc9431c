"""Work beside the measuring thread: a worker that runs tasks in order, and iterators that are read ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import Queue
from threading import Event, Thread
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

T = TypeVar("T")

Task = Callable[[], object]

_WAITING: Final = 4
"""The maximum number of waiting tasks, which bounds the memory that they hold."""


class Worker:
    """Runs tasks in order on a thread of its own; the next call, or the end, raises their first exception.

    Args:
        inline: run each task at once on the calling thread, for work that needs the GIL.
    """

    def __init__(self, *, inline: bool = False) -> None:
        self._tasks: Queue[Task | None] = Queue(_WAITING)
        self._failure: BaseException | None = None
        self._thread = None if inline else Thread(target=self._work, name="obengine-worker", daemon=True)

    def __enter__(self) -> Self:
        """Start the thread."""
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the tasks, and raise their failure unless there is another."""
        if self._thread is not None:
            self._tasks.put(None)
            self._thread.join()
        if error is None:
            self._raise_failure()

    def run(self, task: Task) -> None:
        """Run a task after those before it."""
        if self._thread is None:
            task()
            return
        self._raise_failure()
        self._tasks.put(task)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            if self._failure is None:
                try:
                    task()
                except BaseException as error:
                    self._failure = error


class ReadAhead(Generic[T]):
    """An iterator whose items are made on another thread, up to `items` ahead; it raises their exceptions."""

    def __init__(self, source: Iterator[T], items: int = 2) -> None:
        self._source = source
        self._made: Queue[tuple[T | None, BaseException | None]] = Queue(items)
        self._stop = Event()
        self._thread = Thread(target=self._make, name="obengine-reader", daemon=True)

    def __iter__(self) -> Iterator[T]:
        """The items, once."""
        self._thread.start()
        try:
            while True:
                item, error = self._made.get()
                if error is not None:
                    raise error
                if item is None:
                    return
                yield item
        finally:
            self._stop.set()
            while self._thread.is_alive():
                if not self._made.empty():
                    self._made.get()
                self._thread.join(0.001)

    def _make(self) -> None:
        try:
            for item in self._source:
                self._made.put((item, None))
                if self._stop.is_set():
                    return
        except BaseException as error:
            self._made.put((None, error))
        else:
            self._made.put((None, None))
