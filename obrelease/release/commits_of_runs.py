"""Commits that only add runs: what was measured before them is the source that they release."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from obrelease.registry.layout import is_run_location
from obrelease.remote.git.repository import GitRepository

_MAX_COMMITS: Final = 200
_LOCATION_PARTS: Final = 3


def commits_of_same_source(repo: GitRepository, commit: str) -> frozenset[str]:
    """The commit, and those before it from which it differs in runs alone; empty if it is not here.

    Only commits along the first parents are looked at, the last 200.

    Raises:
        RemoteError: git failed.
    """
    found: list[str] = []
    if not repo.has_commit(commit):
        return frozenset()
    for each, paths in repo.changed_paths(commit, _MAX_COMMITS):
        found.append(each)
        if not _are_runs(paths):
            break
    return frozenset(found)


def _are_runs(paths: tuple[str, ...]) -> bool:
    """Whether all paths are files of runs, or hidden files of the results folders that these are in.

    A merge may change nothing.
    """
    hidden: list[PurePosixPath] = []
    folders: set[PurePosixPath] = set()
    for path in map(PurePosixPath, paths):
        folder = _results_folder(path)
        if folder is not None:
            folders.add(folder)
        else:
            hidden.append(path)
    return all(_is_hidden_below(path, folders) for path in hidden)


def _results_folder(path: PurePosixPath) -> PurePosixPath | None:
    """`results` of `results/bench/baseline/0123456789ab/artefact.json`; None for a file of no run."""
    parts = path.parts
    for start in range(1, len(parts) - _LOCATION_PARTS):
        if is_run_location(parts[start : start + _LOCATION_PARTS]):
            return PurePosixPath(*parts[:start])
    return None


def _is_hidden_below(path: PurePosixPath, folders: set[PurePosixPath]) -> bool:
    return any(
        path.is_relative_to(folder) and path.relative_to(folder).parts[0].startswith(".")
        for folder in folders
    )
