"""What is done to a registry while faults are injected, and what must hold afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from obrelease.errors import ObreleaseError
from obrelease.registry.filter import Filter
from obrelease.registry.fsck import fsck
from obrelease.registry.gc import ProtectedRuns, collect, plan_gc
from obrelease.registry.index import directory_stamps, write_buffer
from obrelease.registry.store import Registry
from tests.drafts import draft, run_files
from tests.faults.traced import Acknowledge

FOREVER_NS = 10**18


@dataclass(frozen=True, slots=True)
class Act:
    """An action that changes the disk, and acknowledges what it promises to have kept."""

    name: str
    do: Callable[[Registry, Acknowledge], None]


def _record(registry: Registry, acknowledge: Acknowledge) -> None:
    for number in (100, 101):
        acknowledge(registry.record(draft(number), run_files(number)).digest)


def _list(registry: Registry, acknowledge: Acknowledge) -> None:
    for entry in registry.find():
        acknowledge(entry.digest)


def _reindex(registry: Registry, acknowledge: Acknowledge) -> None:
    registry.reindex()


def _pin(registry: Registry, acknowledge: Acknowledge) -> None:
    registry.pin("named", registry.resolve("latest"))
    acknowledge("pinned")
    registry.pin("named", registry.find()[-1], move=True)
    registry.unpin("named")


def _collect(registry: Registry, acknowledge: Acknowledge) -> None:
    """Remove what the pins of `prepared` do not keep, whatever its age."""
    collect(
        registry, plan_gc(registry, ProtectedRuns.pins_only(), now_ns=time.time_ns() + FOREVER_NS, grace_ns=0)
    )


ACTS = (
    Act("record", _record),
    Act("list", _list),
    Act("reindex", _reindex),
    Act("pin", _pin),
    Act("gc", _collect),
)
RECORD = ACTS[0]


def prepared(root: Path) -> tuple[Registry, set[str]]:
    """A registry of four runs, two of them pinned; and the digests of those, which nothing may lose.

    The rows of the first two wait in the index, so that those of the others make them move.
    """
    registry = Registry(root)
    kept: set[str] = set()
    for number in range(4):
        entry = registry.record(draft(number), run_files(number))
        if number < 2:
            registry.pin(f"kept-{number}", entry)
            kept.add(entry.digest)
        if number == 1:
            registry.find()
    return registry, kept


@contextmanager
def index_settles_at_once() -> Iterator[None]:
    """Let the index store stamps at once and flush often, so that every query writes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(directory_stamps, "SETTLE_NS", -FOREVER_NS)
        patch.setattr(write_buffer, "MAX_BUFFERED_ROWS", 3)
        yield


def rehearse(root: Path) -> None:
    """Do everything once, so that a child that is forked later imports nothing while it is watched."""
    registry, _ = prepared(root)
    for act in ACTS:
        act.do(registry, lambda _: None)
    fsck(root)


def telling_errors(act: Act, registry: Registry) -> Callable[[Acknowledge], None]:
    """The act, its errors reported as `error <exit code> <class> <message>`."""

    def action(acknowledge: Acknowledge) -> None:
        try:
            act.do(registry, acknowledge)
        except ObreleaseError as error:
            acknowledge(f"error {int(error.exit_code)} {type(error).__name__} {error.message}")

    return action


def assert_nothing_is_bad(registry: Registry, kept: set[str], acknowledged: set[str]) -> None:
    """No acknowledged run lost, no row without a folder, no byte changed; what comes next needs no repair."""
    assert fsck(registry.root).problems == ()
    listed = {entry.digest for entry in registry.find()}
    assert kept | acknowledged <= listed
    for entry in registry.find(Filter()):
        registry.load(entry)
    again = registry.record(draft(999), run_files(9))
    assert registry.resolve(again.digest) == again
    for _ in range(2):  # the first moves back what a killed collector had moved, the second checks it again
        _collect(registry, lambda _: None)
    pinned = set(registry.pins().values())
    assert kept <= pinned
    assert {entry.digest for entry in registry.find()} == pinned
    assert fsck(registry.root).problems == ()
    assert list((registry.root / ".staging").glob("*~*")) == []
