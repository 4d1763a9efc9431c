"""Workflows that `init` writes only if asked to: for pull requests, and for pages."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from obrelease.errors import UsageError
from obrelease.release.init_project import Change, file_change
from obrelease.release.release_action import ReleaseAction

OptionalWorkflow = Literal["pull-request", "comment", "pages"]

PULL_REQUEST: Final[tuple[OptionalWorkflow, ...]] = ("pull-request", "comment")
"""The workflow that measures without a token, and the one that comments and runs no code."""

PAGES: Final[tuple[OptionalWorkflow, ...]] = ("pages",)

INSTALL_ACTION_PATH: Final = ".github/actions/install"
"""Where the action that installs obrelease is in its repository."""

_ACTION_OF_TEMPLATE: Final = f"OWNER/obrelease/{INSTALL_ACTION_PATH}@{'0' * 40}"


def workflow_path(name: OptionalWorkflow) -> str:
    """Where a workflow is in a repository."""
    return f".github/workflows/benchmarks-{name}.yml"


def plan_workflows(
    root: Path, names: tuple[OptionalWorkflow, ...], action: ReleaseAction | None, *, force: bool
) -> tuple[Change, ...]:
    """Find what has to change. Reads only.

    Args:
        action: the repository and commit that the workflows install obrelease from.
        force: overwrite workflows that differ.

    Raises:
        UsageError: no action is known, or a path leads out of the repository.
    """
    if names and action is None:
        raise UsageError(
            "the commit that these workflows install obrelease from is not known",
            hint="name one with --action OWNER/REPO@COMMIT",
        )
    return tuple(
        file_change(root, workflow_path(name), _content(name, action), force=force)
        for name in names
        if action is not None
    )


def _content(name: OptionalWorkflow, action: ReleaseAction) -> str:
    template = files("obrelease.release").joinpath("templates", f"benchmarks-{name}.yml")
    text = template.read_text("utf-8")
    return text.replace(_ACTION_OF_TEMPLATE, f"{action.repository}/{INSTALL_ACTION_PATH}@{action.commit}")
