"""Power cuts on a real file system: what was acknowledged is there, whole, when the disk comes back.

Needs root (or `sudo` without a password) and loop devices; where they are missing, it fails.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from obrelease.errors import ObreleaseError, StorageError
from obrelease.registry.fsck import fsck
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.drafts import draft, run_files
from tests.faults.cut_disk import CutDisk, cut_disk, grow_tmpfs, small_tmpfs
from tests.faults.registry_acts import index_settles_at_once, rehearse
from tests.faults.test_registry_fsync_order import (
    early_acknowledgement,
    no_file_fsync,
    no_folder_fsync,
)
from tests.faults.traced import forked

LARGE = b"a line of a summary\n" * 3_000
CUTS_A_DISK = 25
"""Each cut has everything on the disk hashed again, so a disk that is never changed makes that quadratic."""


@pytest.fixture
def fast_place() -> Iterator[Path]:
    """A place in memory where there is one, because each cut syncs a whole disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        yield Path(made)


def write_until_cut(disk: CutDisk, first: int, awaited: int, delay_s: float) -> set[str]:
    """Fork a writer that also reads, cut the power some time after so many runs; return all acknowledged."""
    reading, writing = os.pipe()
    child = forked()
    if child == 0:
        try:
            os.close(reading)
            write(Registry(disk.folder / "results"), first, writing)
        except ObreleaseError:
            os.close(writing)
            signal.pause()
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as answers:
        lines = [answers.readline() for _ in range(awaited)]
        time.sleep(delay_s)
        disk.cut()
        rest = answers.read() if lines[-1] else b""
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert lines[-1], "the writer gave up before the power was cut"
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, "an error outside the tree ended the writer"
    acknowledged_text = (b"".join(lines) + rest).decode()
    return set(acknowledged_text[: acknowledged_text.rfind("\n") + 1].split())


def write(registry: Registry, first: int, telling: int) -> None:
    """Record, acknowledge, and list now and then, until the disk refuses."""
    for number in range(first, first + 100_000):
        files = [*run_files(number), NewFile("large.csv", "text/csv", LARGE)]
        digest = registry.record(draft(number), files).digest
        os.write(telling, f"{digest}\n".encode())
        if number % 5 == 0:
            registry.find()


def bad_after_cuts(place: Path, cuts: int, seed: int) -> tuple[list[str], int]:
    """What is wrong after any of the cuts, and how many runs were acknowledged in all."""
    chance = random.Random(seed)
    acknowledged = 0
    rehearse(place / "rehearsal")
    for first in range(0, cuts, CUTS_A_DISK):
        folder = place / f"from-{first}"
        folder.mkdir()
        with cut_disk(folder, 512) as disk:
            bad, here = bad_on(disk, range(first, min(first + CUTS_A_DISK, cuts)), chance)
        (folder / "disk.img").unlink()
        acknowledged += here
        if bad:
            break
    return bad, acknowledged


def bad_on(disk: CutDisk, turns: range, chance: random.Random) -> tuple[list[str], int]:
    """The same for the cuts of one disk, which keeps what was written before each of them."""
    bad: list[str] = []
    acknowledged: set[str] = set()
    for turn in turns:
        acknowledged |= write_until_cut(disk, turn * 100_000, 1 + turn % 9, chance.random() * 0.12)
        disk.unmount()
        disk.mount()
        registry = Registry(disk.folder / "results")
        bad += [str(problem) for problem in fsck(registry.root).problems]
        listed = {entry.digest for entry in registry.find()}
        bad += [f"lost: {digest}" for digest in sorted(acknowledged - listed)]
        if bad:
            break
        again = registry.record(draft(turn, scenario="after"), run_files(turn))
        acknowledged.add(again.digest)
        shutil.rmtree(registry.root / ".staging")
    return bad, len(acknowledged)


def test_thirty_power_cuts(fast_place: Path, record_property: Callable[[str, object], None]) -> None:
    """Bar: 0 bad in 30 cuts."""
    with index_settles_at_once():
        bad, acknowledged = bad_after_cuts(fast_place, 30, 1)
    record_property("acknowledged", acknowledged)
    assert bad == []
    assert acknowledged >= 150


@pytest.mark.nightly
def test_two_hundred_power_cuts(fast_place: Path, record_property: Callable[[str, object], None]) -> None:
    """Bar: 0 bad in 200 cuts with at least 1,000 acknowledged runs."""
    with index_settles_at_once():
        bad, acknowledged = bad_after_cuts(fast_place, 200, 2)
    record_property("acknowledged", acknowledged)
    assert bad == []
    assert acknowledged >= 1_000


@pytest.mark.parametrize("seed", [no_file_fsync, no_folder_fsync, early_acknowledgement])
def test_the_simulator_detects_seeded_bugs(
    fast_place: Path, monkeypatch: pytest.MonkeyPatch, seed: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """A writer that syncs too little loses something within a few cuts."""
    seed(monkeypatch)
    bad, _ = bad_after_cuts(fast_place, 40, 3)
    assert bad


def record_until_full(registry: Registry, turn: int, acknowledged: set[str]) -> None:
    """Record large runs, and list them, until the disk refuses."""
    for number in range(turn * 10_000, turn * 10_000 + 5_000):
        files = [*run_files(number), NewFile("large.csv", "text/csv", LARGE)]
        acknowledged.add(registry.record(draft(number), files).digest)
        assert {entry.digest for entry in registry.find()} == acknowledged


def test_a_full_disk_ten_times(tmp_path: Path) -> None:
    """Bar: 10 passes, 0 bad: a named error, nothing in place, and room given, the next record works."""
    folder = tmp_path / "small"
    with small_tmpfs(folder, 1_024), index_settles_at_once():
        registry = Registry(folder / "results")
        acknowledged: set[str] = set()
        for turn in range(1, 11):
            with pytest.raises(StorageError, match="nothing was recorded") as caught:
                record_until_full(registry, turn, acknowledged)
            assert "disk is full" in (caught.value.hint or "")
            assert fsck(registry.root).problems == ()
            assert {entry.digest for entry in registry.find()} == acknowledged
            grow_tmpfs(folder, 1_024 * (turn + 1))
            acknowledged.add(registry.record(draft(turn * 10_000 - 1), run_files()).digest)
        assert len(acknowledged) >= 20
        assert fsck(registry.root).problems == ()
