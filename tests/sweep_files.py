"""Small sweeps for tests: their files, and what became of them, counted from the disk alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.api.project import Project
from obrelease.measurement.sweeps.outcomes import read_done, read_failed
from obrelease.measurement.sweeps.sweep_folder import SweepFolder
from obrelease.registry.store import Registry

HEAD: Final = 'format = "obrelease.sweep"\nversion = 1\nname = "small"\n'
BENCH: Final = """\
[bench]
scenarios = ["baseline"]
cores = ["native"]
seeds = [1, 2]
messages = [100, 200]
passes = 1
"""


def write_sweep(folder: Path, text: str = BENCH, **keys: object) -> Path:
    """Write `sweep.toml` with the keys and the tables; returns its path."""
    lines = [f"{key} = {value!r}".replace("'", '"') for key, value in keys.items()]
    path = folder / "sweep.toml"
    path.write_text(HEAD + "\n".join(lines) + "\n" + text, "utf-8")
    return path


def make_project(tmp_path: Path) -> Project:
    """A project outside of any repository, in a folder of its own."""
    root = tmp_path / "project"
    root.mkdir()
    return Project.at(root)


@dataclass(frozen=True)
class Recorded:
    """What is on the disk.

    Attributes:
        runs: how many recorded runs each cell has, by key.
        done: the digest of each cell that is noted as recorded.
        leftovers: claims and staged runs that nobody removed.
    """

    runs: Counter[str]
    done: dict[str, str]
    failed: dict[str, str]
    leftovers: tuple[str, ...]


def recorded(results: Path, name: str = "small") -> Recorded:
    """Count the runs by the label of their cell, and compare with the outcomes."""
    registry, folder = Registry(results), SweepFolder(results, name)
    runs: Counter[str] = Counter()
    for entry in registry.find():
        runs[str(registry.load(entry).label_values["sweep.cell"])] += 1
    places = (folder.claims, folder.retired, folder.incoming)
    left = [
        f"{place.name}/{path.name}" for place in places for path in place.iterdir() if any(path.iterdir())
    ]
    return Recorded(
        runs,
        {key: cell.digest for key, cell in read_done(folder).items()},
        {key: cell.reason for key, cell in read_failed(folder).items()},
        tuple(left),
    )
