"""Progress as one line at the end of a terminal, which is removed when the work is done or given up.

`rich` draws it as well, but takes longer to load than most commands take in all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TextIO

from obrelease.cli.console.marks import in_encoding
from obrelease.cli.console.terminal import cut_text, message_width
from obrelease.storage.progress import Advance

FIRST_S: Final = 0.2
"""When a line appears: work that is done before needs none."""

_TICK_S: Final = 0.1
_GAP: Final = "  "
_BAR: Final = 24
_LEAST_LABEL: Final = 8
_MOST_LABEL: Final = 40

_lock: Final = threading.RLock()
_open: list[_Line] = []
"""The lines of work in progress; the innermost is shown."""
_drawn: list[tuple[TextIO, int]] = []
"""The stream and the width of what is on the terminal, if anything is."""


@contextmanager
def progress_line(stream: TextIO, label: str, total: int | None) -> Iterator[Advance]:
    """Show a line on a terminal while the block runs; yields the advance function."""
    line = _Line(stream, label, total)
    with _lock:
        _open.append(line)
    ticker = threading.Thread(target=line.tick, daemon=True)
    ticker.start()
    try:
        yield line.advance
    finally:
        line.ended.set()
        with _lock:
            _open.remove(line)
            erase_progress()


def erase_progress() -> None:
    """Remove the line from the terminal, before something else is printed; the next tick draws it again."""
    with _lock:
        while _drawn:
            stream, width = _drawn.pop()
            stream.write(f"\r{'':{width}}\r")
            stream.flush()


class _Line:
    """The progress of one piece of work."""

    def __init__(self, stream: TextIO, label: str, total: int | None) -> None:
        self._stream, self._label, self._total = stream, label, total
        self._begin_s = time.monotonic()
        self._done = 0
        self.ended = threading.Event()

    def advance(self, step: int) -> None:
        """Count what is done; worker threads may call it."""
        with _lock:
            self._done += step

    def tick(self) -> None:
        """Draw the line until the work has ended."""
        delay = FIRST_S
        while not self.ended.wait(delay):
            delay = _TICK_S
            with _lock:
                if _open and _open[-1] is self:
                    self._draw()

    def _draw(self) -> None:
        elapsed_s = time.monotonic() - self._begin_s
        width = (message_width() or 80) - 1
        text = in_encoding(
            progress_text(self._label, self._done, self._total, elapsed_s, width), self._stream
        )
        before = _drawn.pop()[1] if _drawn else 0
        self._stream.write(f"\r{text:{min(before, width)}}")
        self._stream.flush()
        _drawn.append((self._stream, len(text)))


def progress_text(label: str, done: int, total: int | None, elapsed_s: float, width: int) -> str:
    """One line: what is done, of how much, how fast, the time since the start and the time left.

    Args:
        width: the most characters; the bar, the rate and the amount are left out if there is no room.
    """
    rate = done / elapsed_s if elapsed_s > 0 else 0.0
    amount = scaled(done) + (f" of {scaled(total)}" if total is not None else "")
    speed = f"{scaled(rate)}/s" if rate >= 1 else f"{60 * rate:.1f}/min"
    clock = duration(elapsed_s)
    if total is not None and done >= total:
        return _with_label(label, (f"{amount}, {clock}, finishing", f"{clock}, finishing", clock), width)
    if total is not None and rate > 0:
        clock += f", {duration((total - done) / rate)} left"
    amount = amount if done or total is not None else ""
    counts = _listed(amount, speed if done else "", clock)
    bar = f"{_bar(done, total)}{_GAP}" if total else ""
    return _with_label(label, (f"{bar}{counts}", counts, _listed(amount, clock), clock), width)


def _with_label(label: str, choices: Sequence[str], width: int) -> str:
    """The label and the first of the texts that leaves room for it."""
    for words in choices:
        room = width - len(words) - len(_GAP)
        if room >= min(len(label), _MOST_LABEL):
            return f"{cut_text(label, min(room, _MOST_LABEL))}{_GAP}{words}"
    return cut_text(f"{cut_text(label, max(room, _LEAST_LABEL))}{_GAP}{words}", width)


def _listed(*facts: str) -> str:
    return ", ".join(fact for fact in facts if fact)


def _bar(done: int, total: int) -> str:
    filled = min(_BAR * done // total, _BAR)
    return f"[{'=' * filled}{'>' if filled < _BAR else ''}{'':{max(_BAR - filled - 1, 0)}}]"


def scaled(number: float) -> str:
    """A count as a few digits: `9,999`, `12.3 k`, `4.2 M`."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= 10 * size or (number >= size and size > 1e3):
            return f"{number / size:,.1f} {sign}"
    return f"{number:,.0f}"


def duration(seconds: float) -> str:
    """A time as on a stopwatch: `0:07`, `1:02:30`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
