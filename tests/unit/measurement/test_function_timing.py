"""Timing of a Python function in a forked process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from obrelease.errors import MeasurementFailed, UsageError
from obrelease.measurement.function_timing import MAX_CHOSEN_SAMPLES, time_function


@pytest.fixture(autouse=True)
def threads_of_the_test_runner_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    count = threading.active_count
    others = count() - 1
    monkeypatch.setattr(threading, "active_count", lambda: count() - others)


def test_samples_are_the_time_of_one_call() -> None:
    calls: list[int] = []
    timing = time_function(lambda: calls.append(1), samples=3)
    assert len(timing.seconds) == 3
    assert timing.calls > 100
    assert all(0 < each < 0.001 for each in timing.seconds)
    assert not calls, "the function was called in this process"


def test_the_number_of_samples_is_chosen() -> None:
    slow = time_function(lambda: sum(range(1_000_000)), samples=None)
    assert slow.calls == 1
    assert 1 <= len(slow.seconds) <= MAX_CHOSEN_SAMPLES


def raises() -> Any:
    raise ZeroDivisionError("of all things\nin two lines")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (raises, "ZeroDivisionError: of all things in two lines"),
        (lambda: os.kill(os.getpid(), 9), "ended with -9"),
        (lambda: os._exit(3), "ended with 3"),
        (exit, "SystemExit"),
    ],
)
def test_a_function_that_fails_is_an_error(function: Callable[[], object], message: str) -> None:
    with pytest.raises(MeasurementFailed, match=message):
        time_function(function, samples=1)


def test_a_process_with_threads_cannot_fork() -> None:
    ends = threading.Event()
    thread = threading.Thread(target=ends.wait)
    thread.start()
    try:
        with pytest.raises(UsageError, match="several threads"):
            time_function(list, samples=1)
    finally:
        ends.set()
        thread.join()
