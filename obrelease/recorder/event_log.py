"""Events as JSON lines with sorted keys: the same bytes on every machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from obengine.api.messages import NO_PRICE, CancelReason, EventKind, Events, Priority, RejectCode, Side
from obrelease.storage.system_errors import storage_errors

_BLOCK: Final = 65_536
EVENT_DETAILS: Final = {
    EventKind.ACCEPTED: Side,
    EventKind.TRADED: Side,
    EventKind.CANCELLED: CancelReason,
    EventKind.MODIFIED: Priority,
    EventKind.REJECTED: RejectCode,
}
"""The enumeration that the `detail` of an event belongs to, by its kind."""


def write_log(path: Path, events: Events) -> None:
    """Write the log of all events; as `open_log`."""
    with open_log(path) as feed:
        feed(events)


@contextmanager
def open_log(path: Path | None) -> Iterator[Callable[[Events], None]]:
    """Write one JSON object a line for the events that are given, in order of sequence.

    The file appears complete at the end, or not at all. Without a path nothing is written.

    Raises:
        StorageError: the disk refused.
    """
    if path is None:
        yield lambda _: None
        return
    staging = path.with_name(f".{path.name}.partial")
    try:
        with storage_errors(path):
            file = staging.open("xb")
        with file:
            yield _LogFile(file, path).feed
        with storage_errors(path):
            staging.rename(path)
    except BaseException:
        staging.unlink(missing_ok=True)
        raise


class _LogFile:
    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path = file, path
        self._sequence = 0

    def feed(self, events: Events) -> None:
        with storage_errors(self._path):
            for block in log_lines(events, self._sequence):
                self._file.write(block)
        self._sequence += events.size


def log_lines(events: Events, first: int = 0) -> Iterator[bytes]:
    """The log in blocks of whole lines; `first` is the sequence of the first event.

    Keys: `detail` and `kind` in words, `order_id` and `other_id` as text (they may pass 2^53),
    `price_ticks` (null for an order without a limit), `qty_lots`, `sequence`, `symbol`.
    """
    words = {
        (int(kind), int(code)): _word(code.name) for kind, codes in EVENT_DETAILS.items() for code in codes
    }
    kinds = {int(kind): _word(kind.name) for kind in EventKind}
    for start in range(0, events.size, _BLOCK):
        lines = [
            f'{{"detail":"{words.get((kind, detail), detail)}","kind":"{kinds.get(kind, kind)}",'
            f'"order_id":"{order_id}","other_id":"{other_id}",'
            f'"price_ticks":{"null" if price == NO_PRICE else price},"qty_lots":{qty},'
            f'"sequence":{sequence},"symbol":{symbol}}}\n'
            for sequence, (kind, detail, symbol, qty, order_id, other_id, price) in enumerate(
                events[start : start + _BLOCK].tolist(), first + start
            )
        ]
        yield "".join(lines).encode("ascii")


def _word(name: str) -> str:
    return name.lower().replace("_", "-")
