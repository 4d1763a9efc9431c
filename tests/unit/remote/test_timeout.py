"""The overall deadline: results and errors pass through, what does not end is left behind."""

from __future__ import annotations

import threading

import pytest

from obrelease.errors import Conflict
from obrelease.remote.timeout import DeadlineExceeded, call_with_deadline


def test_a_result_and_an_error_pass_through() -> None:
    def fail() -> None:
        raise Conflict("no")

    assert call_with_deadline(10, lambda: 7, pytest.fail) == 7
    assert call_with_deadline(10, lambda: None, pytest.fail) is None
    with pytest.raises(Conflict, match="no"):
        call_with_deadline(10, fail, pytest.fail)


def test_what_does_not_end_is_abandoned() -> None:
    release, abandoned = threading.Event(), threading.Event()
    with pytest.raises(DeadlineExceeded, match=r"0\.05 s"):
        call_with_deadline(0.05, lambda: release.wait(60), abandoned.set)
    assert abandoned.is_set()
    release.set()
