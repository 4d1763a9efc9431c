"""kill -9 at the entry of every system call that changes the disk: nothing acknowledged is lost."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from obrelease.registry.store import Registry
from tests.faults.registry_acts import (
    ACTS,
    Act,
    assert_nothing_is_bad,
    index_settles_at_once,
    prepared,
    rehearse,
)
from tests.faults.traced import traced

HEX = frozenset("0123456789abcdef")


def kill_at_calls(tmp_path: Path, act: Act, step: int, record_property: Callable[[str, object], None]) -> int:
    """Kill the act at every `step`-th call; returns the number of kills."""
    rehearse(tmp_path / "rehearsal")
    made, kept = prepared(tmp_path / "made")
    log = tmp_path / "log"

    def one(inject: str | None, number: int) -> tuple[int, Registry, tuple[str, ...], dict[str, int]]:
        root = tmp_path / f"turn-{number}" / "results"
        shutil.copytree(made.root, root)
        registry = Registry(root)
        ended = traced(lambda acknowledge: act.do(registry, acknowledge), log, inject=inject)
        return ended.code, registry, ended.acknowledged, dict(ended.counts())

    code, _, _, counts = one(None, 0)
    assert code == 0
    points = [(name, at) for name in sorted(counts) for at in range(1, counts[name] + 1)]
    kills = 0
    for number, (name, at) in enumerate(points[::step], start=1):
        code, registry, lines, _ = one(f"{name}:signal=SIGKILL:when={at}", number)
        assert code == -signal.SIGKILL, (name, at)
        acknowledged = {line for line in lines if len(line) == 64 and set(line) <= HEX}
        assert_nothing_is_bad(registry, kept, acknowledged if act.name == "record" else set())
        shutil.rmtree(registry.root.parent)
        kills += 1
    assert kills == len(points[::step]) > 0
    record_property("kills", kills)
    record_property("calls", len(points))
    return kills


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_killed_at_every_fourth_call(
    tmp_path: Path, act: Act, record_property: Callable[[str, object], None]
) -> None:
    """Bar: 0 bad."""
    with index_settles_at_once():
        assert kill_at_calls(tmp_path, act, 4, record_property) >= 3


@pytest.mark.nightly
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_killed_at_every_call(
    tmp_path: Path, act: Act, record_property: Callable[[str, object], None]
) -> None:
    """Bar: 0 bad."""
    with index_settles_at_once():
        assert kill_at_calls(tmp_path, act, 1, record_property) >= 12
