"""A line of progress: what it says, that it fits, and that nothing of it stays."""

from __future__ import annotations

import io
import time

import pytest

from obrelease.cli.console import progress_line as module
from obrelease.cli.console.exit import Reply
from obrelease.cli.console.output import Output
from obrelease.cli.console.progress_line import progress_line, progress_text, scaled
from tests.on_a_terminal import on_the_screen


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_S", 0.0)
    monkeypatch.setattr(module, "_TICK_S", 0.001)


def until_drawn(stream: io.StringIO, text: str) -> None:
    for _ in range(5000):
        if text in stream.getvalue():
            return
        time.sleep(0.001)
    raise AssertionError(f"{text!r} is not in {stream.getvalue()!r}")


@pytest.mark.parametrize(
    ("done", "total", "elapsed_s", "wanted"),
    [
        (0, None, 3.0, "fsck  0:03"),
        (250, 1000, 10.0, "fsck  [======>                 ]  250 of 1,000, 25/s, 0:10, 0:30 left"),
        (0, 1000, 2.0, "fsck  [>                       ]  0 of 1,000, 0:02"),
        (1000, 1000, 40.0, "fsck  1,000 of 1,000, 0:40, finishing"),
        (1, 10, 30.0, "fsck  [==>                     ]  1 of 10, 2.0/min, 0:30, 4:30 left"),
        (12_345_678, None, 3725.0, "fsck  12.3 M, 3,314/s, 1:02:05"),
    ],
)
def test_what_it_says(done: int, total: int | None, elapsed_s: float, wanted: str) -> None:
    assert progress_text("fsck", done, total, elapsed_s, 100) == wanted


@pytest.mark.parametrize("width", range(12, 120))
@pytest.mark.parametrize("done", [0, 500, 1000])
def test_it_fits(width: int, done: int) -> None:
    for label in ("x", "reading figures of bench/a-long-scenario-of-a-user"):
        for total in (1000, None):
            assert len(progress_text(label, done, total, 61.0, width)) <= width


def test_a_narrow_terminal_keeps_the_time() -> None:
    assert progress_text("measure", 1, 10, 30.0, 60).endswith("1 of 10, 2.0/min, 0:30, 4:30 left")
    assert progress_text("measure", 1, 10, 30.0, 26) == "measure  0:30, 4:30 left"


def test_nothing_is_left_behind() -> None:
    stream = Terminal()
    with progress_line(stream, "outer", 4) as advance:
        advance(1)
        until_drawn(stream, "1 of 4")
        with progress_line(stream, "inner", None):
            until_drawn(stream, "inner")
        advance(2)
        until_drawn(stream, "3 of 4")
    assert on_the_screen(stream.getvalue()) == ""


def test_nothing_is_left_behind_by_an_interrupt() -> None:
    stream = Terminal()

    def interrupted() -> None:
        with progress_line(stream, "work", None):
            until_drawn(stream, "work")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert on_the_screen(stream.getvalue()) == ""


def test_a_message_in_between_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("NO_COLOR", "1")
    out = Output(reply=Reply())
    with out.progress("work", None):
        until_drawn(stream, "work")
        out.note("found something")
        before = stream.getvalue()
        until_drawn(stream, "something\n\rwork")
    assert on_the_screen(before).endswith("found something\n")
    assert on_the_screen(stream.getvalue()) == "found something\n"


def test_a_pipe_and_quiet_have_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream, quiet in ((io.StringIO(), False), (Terminal(), True)):
        monkeypatch.setattr("sys.stderr", stream)
        with Output(quiet=quiet).progress("work", 10) as advance:
            advance(10)
            time.sleep(0.02)
        assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("number", "text"), [(9, "9"), (9_999, "9,999"), (12_345, "12.3 k"), (4.2e6, "4.2 M")]
)
def test_amounts_are_scaled(number: float, text: str) -> None:
    assert scaled(number) == text
