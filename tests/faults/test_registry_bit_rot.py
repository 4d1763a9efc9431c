"""Bit rot, truncation and swapped files: everything is found, and nothing else."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from obrelease.models.artefact import ENVELOPE_NAME
from obrelease.registry.entry import Entry
from obrelease.registry.filter import Filter
from obrelease.registry.fsck import fsck
from obrelease.registry.store import Registry
from obrelease.storage import durable
from tests.drafts import draft, run_files

RUNS = 400
FILES = (ENVELOPE_NAME, "summary.csv", "plots/latency.svg")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Four hundred runs of three files; syncing them would be slow and is not what is tested here."""
    made = Registry(tmp_path_factory.mktemp("rot") / "results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable.os, "fsync", lambda _: None)
        for number in range(RUNS):
            made.record(draft(number, scenario=f"s{number % 5}"), run_files(number))
    made.reindex()
    return made


def flip(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    bit = chance.randrange(8 * len(data))
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def found_in(registry: Registry, entries: tuple[Entry, ...]) -> dict[Path, set[Path]]:
    """What `fsck` complains of, by the run's folder; a complaint anywhere else fails."""
    folders = {entry.folder: set[Path]() for entry in entries}
    for problem in fsck(registry.root).problems:
        path = Path(problem.path)
        folder = next(parent for parent in (path, *path.parents) if parent in folders)
        folders[folder].add(path)
    return {folder: paths for folder, paths in folders.items() if paths}


def test_each_of_a_thousand_flipped_bits_is_found_and_nothing_else(
    registry: Registry, record_property: Callable[[str, object], None]
) -> None:
    """Bar: 1,000 of 1,000, no false alarm. One bit in each of 1,000 files, in three rounds."""
    entries = registry.find(Filter())
    chance = random.Random(42)
    flipped = 0
    for name in FILES:
        chosen = sorted(
            chance.sample(entries, 334 if name == ENVELOPE_NAME else 333), key=lambda e: e.location
        )
        sound = {entry.folder / name: (entry.folder / name).read_bytes() for entry in chosen}
        for path in sound:
            flip(path, chance)
        found = found_in(registry, entries)
        assert found.keys() == {entry.folder for entry in chosen}
        if name != ENVELOPE_NAME:
            assert {path for paths in found.values() for path in paths} == sound.keys()
        flipped += len(sound)
        for path, data in sound.items():
            path.write_bytes(data)
        assert fsck(registry.root).problems == ()
    record_property("flipped", flipped)
    assert flipped == 1_000


def test_truncated_and_swapped_files_are_found(registry: Registry) -> None:
    entries = registry.find(Filter())
    cut, swapped = entries[:40], entries[40:80]
    paths = [entry.folder / FILES[number % 3] for number, entry in enumerate(cut)]
    paths += [entry.folder / "summary.csv" for entry in swapped]
    sound = {path: path.read_bytes() for path in paths}
    for path in paths[:40]:
        os.truncate(path, path.stat().st_size // 2)
    for one, two in list(pairwise(paths[40:]))[::2]:
        one.write_bytes(sound[two])
        two.write_bytes(sound[one])
    found = found_in(registry, entries)
    assert found.keys() == {entry.folder for entry in (*cut, *swapped)}
    for path, data in sound.items():
        path.write_bytes(data)
    assert fsck(registry.root).problems == ()
