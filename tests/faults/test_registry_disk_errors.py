"""Errors of the disk at each kind of call: a named error with its exit code, or no harm at all."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from obrelease.errors import ExitCode
from obrelease.registry.store import Registry
from tests.faults.registry_acts import (
    ACTS,
    Act,
    assert_nothing_is_bad,
    index_settles_at_once,
    prepared,
    rehearse,
    telling_errors,
)
from tests.faults.traced import traced

ERRORS = ("ENOSPC", "EIO", "EROFS", "EMFILE", "EXDEV")
CALLS = {
    "open": ("openat",),
    "write": ("write", "pwrite64"),
    "fsync": ("fsync", "fdatasync"),
    "rename": ("rename", "renameat", "renameat2"),
    "unlink": ("unlink", "unlinkat", "rmdir"),
}
REPORTED_ERROR = re.compile(rf"error {int(ExitCode.STORAGE)} StorageError \S.*")


def cells(
    tmp_path: Path, act: Act, points: Callable[[int], range], record_property: Callable[[str, object], None]
) -> None:
    """Every error at every kind of call, at the calls that `points` chooses of so many."""
    rehearse(tmp_path / "rehearsal")
    made, kept = prepared(tmp_path / "made")
    log = tmp_path / "log"
    root = tmp_path / "turn" / "results"
    registry = Registry(root)

    def one(inject: str | None) -> tuple[int, tuple[str, ...], dict[str, int]]:
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(made.root, root)
        ended = traced(telling_errors(act, registry), log, inject=inject)
        return ended.code, ended.acknowledged, dict(ended.counts())

    _, _, counts = one(None)
    injected = refused = 0
    for error in ERRORS:
        for name in (name for names in CALLS.values() for name in names if counts.get(name)):
            own = counts[name] - (1 + 2 * (act.name == "record")) * (name == "write")  # the last line
            for at in points(own):
                code, lines, _ = one(f"{name}:error={error}:when={at}")
                assert code in {0, 1}, (error, name, at)
                errors = [line for line in lines if line.startswith("error ")]
                assert all(REPORTED_ERROR.fullmatch(line) for line in errors), errors
                acknowledged = {line for line in lines if re.fullmatch("[0-9a-f]{64}", line)}
                assert_nothing_is_bad(registry, kept, acknowledged if act.name == "record" else set())
                injected += 1
                refused += bool(errors)
    record_property("injected", injected)
    record_property("refused", refused)
    assert injected >= len(ERRORS)


@pytest.mark.parametrize("act", [ACTS[0], ACTS[3], ACTS[4]], ids=lambda act: act.name)
def test_each_error_at_the_first_and_the_last_call_of_each_kind(
    tmp_path: Path, act: Act, record_property: Callable[[str, object], None]
) -> None:
    """Bar: every cell a named error with its exit code, 0 bad."""
    with index_settles_at_once():
        cells(tmp_path, act, lambda count: range(1, count + 1, max(count - 1, 1)), record_property)


@pytest.mark.nightly
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_each_error_at_every_call(
    tmp_path: Path, act: Act, record_property: Callable[[str, object], None]
) -> None:
    """Bar: every cell a named error with its exit code, 0 bad."""
    with index_settles_at_once():
        cells(tmp_path, act, lambda count: range(1, count + 1), record_property)


def test_every_injected_error_has_a_hint() -> None:
    from obrelease.storage.system_errors import HINTS

    assert {getattr(errno, name) for name in ERRORS} <= HINTS.keys()
