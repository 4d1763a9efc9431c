"""Set up a git repository for releases: settings, workflow and policies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from obrelease.api.project import ProjectLike, project_of
from obrelease.errors import UsageError
from obrelease.release.init_project import Change, plan_changes, write_changes
from obrelease.remote.git.repository import GitRepository
from obrelease.version import installed_version


@dataclass(frozen=True, slots=True)
class ScaffoldReport:
    """The files that were written, or would be.

    Attributes:
        root: the top folder of the repository.
        changes: a file each, with what became of it.
        dry_run: whether nothing was written.
    """

    root: Path
    changes: tuple[Change, ...]
    dry_run: bool

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease init --json` prints."""
        return {
            "root": str(self.root),
            "dry_run": self.dry_run,
            "files": [{"path": change.path, "state": change.state} for change in self.changes],
        }


def scaffold(
    project: ProjectLike = ".",
    *,
    requirement: str | None = None,
    force: bool = False,
    dry_run: bool = False,
) -> ScaffoldReport:
    """Write settings, the release workflow and its policies into a git repository. Idempotent.

    Args:
        project: its root must be the top folder of a repository.
        requirement: what pip installs in the workflow; this version if None.
        force: overwrite files that differ.
        dry_run: write nothing.

    Raises:
        UsageError: the root is not the top of the repository, or a setting cannot be written.
        NotFound: not in a git repository.
        StorageError: the disk refused.
    """
    owner = project_of(project)
    with GitRepository.open(owner.root) as repo:
        root = repo.root
    if owner.root.resolve() != root:
        raise UsageError(
            f"{owner.root} is inside the repository {root}, whose workflows are at its top",
            hint=f"run it in {root}",
        )
    changes = plan_changes(
        root,
        results=owner.results.absolute(),
        requirement=f"obrelease=={installed_version()}" if requirement is None else requirement,
        force=force,
    )
    if not dry_run:
        write_changes(root, changes)
    return ScaffoldReport(root, changes, dry_run)
