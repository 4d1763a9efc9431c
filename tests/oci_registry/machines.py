"""Machines that share a registry: each with its own home and results folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from obrelease.api.shared_registry import pull_runs, push_runs, sync_runs
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from tests.drafts import draft, measured, run_files


@dataclass(frozen=True)
class Machine:
    """A results folder and the registry that it shares."""

    results: Path
    place: str

    @property
    def store(self) -> Registry:
        return Registry(self.results)

    def record(self, *numbers: int) -> list[Entry]:
        """Record small runs; equal numbers give equal runs."""
        return [self.store.record(measured(draft(number)), run_files(number)) for number in numbers]

    def push(self, *runs: str):  # type: ignore[no-untyped-def]
        return push_runs(self.results, self.place, list(runs) or None)

    def pull(self, *runs: str):  # type: ignore[no-untyped-def]
        return pull_runs(self.results, self.place, list(runs))

    def sync(self):  # type: ignore[no-untyped-def]
        return sync_runs(self.results, self.place)


def tree_bytes(results: Path) -> dict[str, bytes]:
    """Every file of every run, by its path; without the registry's own files."""
    return {
        path.relative_to(results).as_posix(): path.read_bytes()
        for path in sorted(results.rglob("*"))
        if path.is_file() and not path.relative_to(results).parts[0].startswith(".")
    }
