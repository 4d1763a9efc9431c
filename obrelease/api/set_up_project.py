"""Set up a git repository for releases: settings, workflow and policies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from obrelease.api.project import GITHUB_API, ProjectLike, project_of
from obrelease.api.project_license import project_license
from obrelease.errors import UsageError
from obrelease.models.artefact import ENVELOPE_NAME
from obrelease.release.citation_files import plan_citation
from obrelease.release.init_project import (
    BESIDE,
    WORKFLOW,
    Beside,
    Change,
    pinned_action,
    plan_changes,
    write_changes,
)
from obrelease.release.optional_workflows import PAGES, PULL_REQUEST, plan_workflows, workflow_path
from obrelease.release.release_action import installed_action, parse_action
from obrelease.remote.git.committed_files import ignore_rules
from obrelease.remote.git.repository import GitRepository

_A_RUN: Final = f"bench/baseline/000000000000/{ENVELOPE_NAME}"
"""A path below the results folder that a run has."""


def _beside(name: str | None) -> Beside | None:
    found = next((tool for tool in BESIDE if tool == name), None)
    if name is not None and found is None:
        raise UsageError(f"unknown release tool {name!r}", hint=f"use one of {', '.join(BESIDE)}")
    return found


@dataclass(frozen=True, slots=True)
class ScaffoldReport:
    """The files that were written, or would be.

    Attributes:
        root: the top folder of the repository.
        changes: a file each, with what became of it.
        action: the release action that the workflow pins, `OWNER/REPO@COMMIT`; None if none is known,
            and then the workflow only fails.
        dry_run: whether nothing was written.
        results_ignored_by: the rule by which git ignores runs, as `.gitignore:3: results/`, or None.
        nothing_to_measure: whether workflows that measure were asked for, and the settings have no benchmark.
    """

    root: Path
    changes: tuple[Change, ...]
    action: str | None
    dry_run: bool
    results_ignored_by: str | None = None
    nothing_to_measure: bool = False

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease init --json` prints."""
        return {
            "root": str(self.root),
            "dry_run": self.dry_run,
            "action": self.action,
            "results_ignored_by": self.results_ignored_by,
            "files": [{"path": change.path, "state": change.state} for change in self.changes],
        }


def scaffold(
    project: ProjectLike = ".",
    *,
    action: str | None = None,
    pull_request: bool = False,
    pages: bool = False,
    citation: bool = False,
    force: bool = False,
    dry_run: bool = False,
    beside: str | None = None,
) -> ScaffoldReport:
    """Write settings, and workflows with their policies, into a git repository. Idempotent.

    The release workflow is written with `beside`, or if neither `pull_request` nor `pages` is asked for.

    Args:
        project: its root must be the top folder of a repository.
        action: the release action that the workflow pins, `OWNER/REPO@COMMIT`. If None, the commit that
            this version was installed from, or what an earlier workflow pins; without any of these the
            workflow fails with a message, because installing by name alone is unsafe.
        pull_request: the two workflows that measure pull requests and comment on them.
        pages: the workflow that publishes the pages of the runs.
        citation: also `CITATION.cff` and `.zenodo.json`, with the license of `pyproject.toml`.
        force: overwrite files that differ.
        dry_run: write nothing.
        beside: `goreleaser`, `cargo-dist`, `release-please` or `gh`: the workflow then adds the results to
            the releases that this tool makes.

    Raises:
        UsageError: the root is not the top of the repository, the action is not a full commit, or a
            setting cannot be written; no action is known for the workflows of pull requests or pages.
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
    asked = (*(PULL_REQUEST if pull_request else ()), *(PAGES if pages else ()))
    chosen = installed_action() if action is None else parse_action(action)
    planned = plan_changes(
        root,
        results=owner.results.absolute(),
        action=chosen or pinned_action(root, (WORKFLOW, *map(workflow_path, (*PULL_REQUEST, *PAGES)))),
        force=force,
        beside=_beside(beside),
        tag_pattern=owner.tag,
        release=beside is not None or not asked,
        gate=pull_request,
    )
    more = plan_workflows(root, asked, planned.action, force=force)
    if citation:
        known = owner.repository is not None and owner.api == GITHUB_API
        more = (
            *more,
            *plan_citation(
                root,
                project=owner.name,
                license=project_license(root),
                repository=f"https://github.com/{owner.repository}" if known else None,
                force=force,
            ),
        )
    changes = tuple(sorted((*planned.files, *more), key=lambda change: change.path))
    if not dry_run:
        write_changes(root, changes)
    pinned = None if planned.action is None else str(planned.action)
    with GitRepository.open(root) as repo:
        run = (owner.results.absolute() / _A_RUN).relative_to(root).as_posix()
        ignored_by = ignore_rules(repo, [run]).get(run)
    nothing = pull_request and not owner.benchmarks
    return ScaffoldReport(root, changes, pinned, dry_run, ignored_by, nothing)
