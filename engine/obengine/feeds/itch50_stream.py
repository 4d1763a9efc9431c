"""A part of an ITCH 5.0 file, read as a stream: chosen symbols, from and to a time of day.

Blocks are read once; memory holds one of them, and the open orders of an opening book. Every frame is
checked, whether it is chosen or not. Messages before the start build the opening book: its orders become add
messages at the start time, in their queue order, with the shares that were left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import FeedError, NotInFeed, WorkloadError
from obengine.feeds.itch50_layout import ADD, DAY_NS, DIRECTORY, HEAD, LENGTHS, PREFIX, SYSTEM
from obengine.feeds.itch50_opening import OpeningBook

_STUCK: Final = 1 << 62
_STEPS: Final = tuple(LENGTHS[chr(code)] + PREFIX if chr(code) in LENGTHS else _STUCK for code in range(256))
_LENGTH_OF: Final = np.array([step - PREFIX if step != _STUCK else 0 for step in _STEPS], dtype=np.int64)
_SHOWN: Final = 5
_KEPT_BEFORE: Final = np.frombuffer(b"RH", np.uint8)
_LOCATES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class ItchSelection:
    """The part of a file that is read.

    Attributes:
        symbols: stocks; empty for all.
        from_ns, to_ns: nanoseconds since midnight, both included; None for no limit.

    Raises:
        WorkloadError: the window ends before it starts.
    """

    symbols: tuple[str, ...] = ()
    from_ns: int | None = None
    to_ns: int | None = None

    def __post_init__(self) -> None:
        """Refuse a window that holds no time."""
        if self.from_ns is not None and self.to_ns is not None and self.from_ns > self.to_ns:
            raise WorkloadError(
                f"a window ends before it starts: from {_clock(self.from_ns)} to {_clock(self.to_ns)}"
            )

    @property
    def whole(self) -> bool:
        """Whether everything is read."""
        return not self.symbols and self.from_ns is None and self.to_ns is None


WHOLE_FILE: Final = ItchSelection()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive chosen messages as frames.

    Attributes:
        data: the frames, one after another.
        numbers: for each, the 1-based number of its message in the file; 0 for orders of the opening book.
    """

    data: bytes
    numbers: NDArray[np.int64]


class MessageSelector:
    """The chosen messages of a file; system events of all times are chosen as well.

    Args:
        name: the file as the user named it.
        selection: what to keep.

    Attributes:
        ends_the_day: whether the last message that was read, chosen or not, is the end of messages.
    """

    def __init__(self, name: str, selection: ItchSelection) -> None:
        self._kept: list[Chunk] = []
        self._count = self._chosen = 0
        self._name = name
        self._selection = selection
        self._wanted = np.full(_LOCATES, not selection.symbols)
        self._named = np.zeros(_LOCATES, dtype=bool)
        self._seen: dict[str, None] = {}
        self._rest = b""
        self._last_ns = 0
        self._opening = OpeningBook() if selection.from_ns is not None else None
        self._in_window = 0
        self.ends_the_day = False

    @property
    def only_opening(self) -> bool:
        """Whether orders of the opening book were chosen, and nothing else of an order, symbol or trade."""
        return self._chosen > 0 and not self._in_window

    def chunks(self, blocks: Iterable[bytes]) -> Iterator[Chunk]:
        """The chosen messages of the blocks of a file, once.

        Raises:
            FeedError: a frame is invalid (the line is its number), a symbol is missing, or nothing is chosen.
        """
        for block in blocks:
            self._read(block)
            yield from self._take()
        self._finish()
        yield from self._take()

    def _read(self, block: bytes) -> None:
        """Read the next bytes."""
        raw = self._rest + block
        found: list[int] = []
        at, end, steps, keep = 0, len(raw) - PREFIX, _STEPS, found.append
        while at < end:
            keep(at)
            at += steps[raw[at + PREFIX]]
        if at >= _STUCK:
            self._refuse("unknown message type", len(found), raw[found[-1] + PREFIX : found[-1] + 3])
        if at > len(raw):
            at = found.pop()
        self._rest = raw[at:]
        if found:
            self._select(raw[:at], np.array(found, dtype=np.int64))

    def _finish(self) -> None:
        """End of the file: nothing may be left, and every chosen symbol must have been there."""
        if self._rest:
            self._refuse("truncated frame", 1, self._rest[:16])
        if not self._count:
            raise _error("the file is empty", self._name)
        self._open_book()
        missing = [symbol for symbol in self._selection.symbols if symbol not in self._seen]
        if missing:
            there = ", ".join(list(self._seen)[:_SHOWN]) or "none"
            raise NotInFeed(
                f"no symbol {missing[0]}; it has {there}, {len(self._seen)} in all",
                file=self._name,
                line=None,
                column=None,
                value=None,
            )
        if not self._chosen:
            raise _error(f"nothing is chosen of {self._count:,} messages", self._name)

    def _take(self) -> list[Chunk]:
        """What was chosen since the last call."""
        kept, self._kept = self._kept, []
        return kept

    def _select(self, raw: bytes, frames: NDArray[np.int64]) -> None:
        data = np.frombuffer(raw, dtype=np.uint8)
        types = data[frames + PREFIX]
        heads = gather(data, frames + PREFIX, HEAD)
        times = (heads["time_high"].astype(np.int64) << 32) | heads["time_low"].astype(np.int64)
        self._check(data, frames, types, times)
        self._learn_symbols(data, frames, types, heads["locate"])
        events = types == ord("S")
        chosen = self._wanted[heads["locate"]] & ~events
        first, last = self._selection.from_ns, self._selection.to_ns
        if last is not None:
            chosen &= times <= last
        if first is not None:
            early = times < first
            self._build_opening(raw, frames[chosen & early], types[chosen & early])
            self._in_window += int(np.count_nonzero(chosen & ~early))
            chosen &= ~early | np.isin(types, _KEPT_BEFORE)
            if not early[-1]:
                start = int(np.argmax(~early))
                before = chosen.copy()
                before[start:] = False
                self._keep(data, frames, before | (events & early))
                self._open_book()
                chosen[:start] = events[:start] = False
        else:
            self._in_window += int(np.count_nonzero(chosen))
        self._keep(data, frames, chosen | events)
        last_event = gather(data, frames[-1:][events[-1:]] + PREFIX, SYSTEM)["event"]
        self.ends_the_day = last_event.tolist() == [b"C"]
        self._count += frames.size
        self._last_ns = int(times[-1])

    def _keep(self, data: NDArray[np.uint8], frames: NDArray[np.int64], chosen: NDArray[np.bool_]) -> None:
        lengths = np.diff(np.append(frames, data.size))
        self._chosen += int(np.count_nonzero(chosen & (data[frames + PREFIX] != ord("S"))))
        numbers = np.flatnonzero(chosen) + self._count + 1
        if numbers.size:
            self._kept.append(Chunk(data[np.repeat(chosen, lengths)].tobytes(), numbers))

    def _open_book(self) -> None:
        """The orders of the opening book, once."""
        if self._opening is None or self._selection.from_ns is None:
            return
        made = list(self._opening.messages(self._selection.from_ns))
        self._opening = None
        self._chosen += len(made)
        if made:
            self._kept.append(Chunk(b"".join(made), np.zeros(len(made), dtype=np.int64)))

    def _build_opening(self, raw: bytes, frames: NDArray[np.int64], types: NDArray[np.uint8]) -> None:
        if self._opening is None:
            return
        for at, code in zip(frames.tolist(), types.tolist(), strict=True):
            self._opening.apply(code, raw, at + PREFIX)

    def _learn_symbols(
        self,
        data: NDArray[np.uint8],
        frames: NDArray[np.int64],
        types: NDArray[np.uint8],
        locates: NDArray[np.uint16],
    ) -> None:
        """Match stock names with locates: of stock directory messages, and of adds without one."""
        for code, layout in (("R", DIRECTORY), ("A", ADD), ("F", ADD)):
            rows = np.flatnonzero((types == ord(code)) & ~self._named[locates])
            _, first = np.unique(locates[rows], return_index=True)
            records = gather(data, frames[rows[first]] + PREFIX, layout)
            for locate, stock in zip(records["locate"].tolist(), records["stock"].tolist(), strict=True):
                symbol = stock.decode("ascii", "replace").strip()
                self._named[locate] = True
                self._seen[symbol] = None
                self._wanted[locate] |= symbol in self._selection.symbols

    def _check(
        self,
        data: NDArray[np.uint8],
        frames: NDArray[np.int64],
        types: NDArray[np.uint8],
        times: NDArray[np.int64],
    ) -> None:
        prefix = (data[frames].astype(np.int64) << 8) | data[frames + 1]
        before = np.append(self._last_ns, times[:-1])
        rules = (
            ((prefix != 0) & (prefix != _LENGTH_OF[types]), "length", prefix),
            (times >= DAY_NS, "time beyond the day", times),
            (times < before, "time decreases", times),
        )
        wrong = [(int(np.argmax(bad)), reason, values) for bad, reason, values in rules if bad.any()]
        if wrong:
            row, reason, values = min(wrong, key=lambda each: each[0])
            if reason == "length":
                reason = f"length must be {_LENGTH_OF[types[row]]} for type {chr(types[row])}"
            self._refuse(reason, row + 1, str(int(values[row])).encode())

    def _refuse(self, reason: str, number: int, value: bytes) -> None:
        raise FeedError(
            reason,
            file=self._name,
            line=self._count + number,
            column=None,
            value=value.decode("ascii", "backslashreplace"),
        )


def gather(data: NDArray[np.uint8], starts: NDArray[np.int64], layout: np.dtype[Any]) -> NDArray[Any]:
    """Records of one layout at any offsets."""
    if not starts.size:
        return np.zeros(0, dtype=layout)
    windows = np.lib.stride_tricks.sliding_window_view(data, layout.itemsize)
    return np.ascontiguousarray(windows[starts]).view(layout)[:, 0]


def _clock(time_ns: int) -> str:
    """A time of day as text, without zeros behind its seconds."""
    seconds, nanos = divmod(time_ns, 10**9)
    text = f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{nanos:09}".rstrip("0") if nanos else text


def _error(reason: str, name: str) -> FeedError:
    return FeedError(reason, file=name, line=None, column=None, value=None)
