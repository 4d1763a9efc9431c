"""The release before this one: its runs, from the forge or the local tag, beside those of now."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from obrelease.analysis.against import Judge, against_last, not_compared
from obrelease.analysis.notes import RunSummary
from obrelease.analysis.summaries import summarise_run
from obrelease.bundle.names import RESULTS_FOLDER
from obrelease.errors import NotFound, ObreleaseError, UsageError
from obrelease.models.artefact import ENVELOPE_NAME, Artefact
from obrelease.models.canonical import read_bounded
from obrelease.models.release import Plan
from obrelease.models.tag import Tag
from obrelease.models.validation import read_document
from obrelease.release.step import Tools
from obrelease.release.verify import verify_folder
from obrelease.release.witness import fetch
from obrelease.remote.forge import Forge

MOST_BYTES: Final = 256 * 2**20
"""How much is fetched for a comparison; a larger release is compared from its local tag."""


def against_former(
    plan: Plan, tools: Tools, runs: Sequence[RunSummary], *, judge: Judge | None = None
) -> str:
    """The notes' section on the release before; empty where there is none.

    A comparison is a service, never a condition: where the former release cannot be read, the
    section says why, and the release goes on.
    """
    tag = former_tag(plan, tools)
    if tag is None:
        return ""
    try:
        return against_last(tag, _runs_of(tag, plan, tools), runs, judge=judge)
    except ObreleaseError as error:
        return not_compared(tag, error.message)


def former_tag(plan: Plan, tools: Tools) -> str | None:
    """The nearest tag in the history that is one of a release, or None."""
    present = tools.worktree.local_tag(plan.tag)
    name = tools.worktree.previous_tag(plan.tag if present else None)
    try:
        return Tag.parse(name).text if name else None
    except UsageError:
        return None


def _runs_of(tag: str, plan: Plan, tools: Tools) -> list[RunSummary]:
    return _from_forge(tag, plan, tools, tools.forge) or _from_tag(tag, tools)


def _from_forge(tag: str, plan: Plan, tools: Tools, forge: Forge | None) -> list[RunSummary]:
    """The runs of the public release, verified; none where the forge has no such release."""
    found = forge.find(tag) if forge else None
    if forge is None or found is None or found.draft:
        return []
    if sum(asset.size for asset in found.assets) > MOST_BYTES:
        return []
    with tempfile.TemporaryDirectory(prefix="obrelease-") as name:
        files, scratch = Path(name, "files"), Path(name, "scratch")
        files.mkdir()
        scratch.mkdir()
        fetch(forge, tag, files, tools.progress)
        verified = verify_folder(files, scratch, tools.progress, tag=tag)
        if verified.manifest.project != plan.project:
            raise NotFound(f"the release {tag} is of {verified.manifest.project}")
        unpacked = scratch / "unpacked"
        return [_summary(unpacked / run.path, run.digest) for run in verified.manifest.runs]


def _from_tag(tag: str, tools: Tools) -> list[RunSummary]:
    """The runs that were committed at the tag, as far as the registry still holds them."""
    root, results = tools.worktree.root.resolve(), tools.registry.root.resolve()
    present = tools.worktree.local_tag(tag)
    if present is None or not results.is_relative_to(root):
        raise NotFound(f"{tag} is not on the forge, and the results do not lie in the repository")
    below = results.relative_to(root).as_posix()
    committed = set(tools.worktree.files_at(present.commit, below))
    entries = [
        entry for entry in tools.registry.entries() if f"{below}/{entry.place}/{ENVELOPE_NAME}" in committed
    ]
    if not entries:
        raise NotFound(f"{tag} is not on the forge, and none of its runs is in {RESULTS_FOLDER}")
    return [_summary(entry.folder, entry.digest) for entry in entries]


def _summary(folder: Path, digest: str) -> RunSummary:
    path = folder / ENVELOPE_NAME
    return summarise_run(read_document(read_bounded(path), Artefact, str(path)), digest=digest, folder=folder)
