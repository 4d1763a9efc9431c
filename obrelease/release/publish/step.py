"""The protocol of a release step, and the context that every step gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from obrelease.models.plan import Plan
from obrelease.models.release_choices import PreviousChoice
from obrelease.registry.store import Registry
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.remote.forge.limits import ForgeLimits
from obrelease.remote.forge.protocol import Forge
from obrelease.remote.git.remote_tags import HostedRepository
from obrelease.remote.git.repository import GitRepository
from obrelease.storage.reporter import Reporter, SilentReporter


@dataclass(frozen=True, slots=True)
class PublishContext:
    """What the steps of a release act on.

    Attributes:
        repo: the git repository that is released.
        registry: the results folder.
        forge: where the release goes; None if nothing is uploaded.
        schemas: the folder of exported schemas; it may be missing.
        outputs: folders that this program writes; their content is no uncommitted change.
        reporter: receives notes, warnings and progress.
        act_done: called with verb and target of each confirmed change outside of this process.
        key: the SSH key that the release is signed with, or None.
        limits: what the forge accepts that the release is meant for, also if nothing is uploaded now.
        hosted: the repository on a code host, by which its git remote is found; None if unknown.
        previous: what a stable release is compared with.
        root: the project's root, if it is not that of the repository.
    """

    repo: GitRepository
    registry: Registry
    forge: Forge | None
    schemas: Path
    outputs: tuple[Path, ...]
    reporter: Reporter
    act_done: Callable[[str, str], None] = lambda _verb, _target: None
    key: Path | None = None
    limits: ForgeLimits | None = None
    hosted: HostedRepository | None = None
    previous: PreviousChoice = "stable"
    root: Path | None = None

    def require_forge(self) -> Forge:
        """The forge; a pipeline that uploads is always given one."""
        if self.forge is None:
            raise AssertionError("a pipeline that uploads needs a forge")
        return self.forge


@contextmanager
def open_context(
    root: Path,
    registry: Registry,
    forge: Forge | None = None,
    *,
    schemas: Path | None = None,
    outputs: tuple[Path, ...] = (),
    reporter: Reporter | None = None,
    key: Path | None = None,
    limits: ForgeLimits | None = None,
    hosted: HostedRepository | None = None,
    previous: PreviousChoice = "stable",
) -> Iterator[PublishContext]:
    """Open the git repository at `root` for a release; it is closed at the end of the block.

    Args:
        schemas: the folder of exported schemas; `schemas` below `root` if None.
        outputs: folders that this program writes besides the registry and `dist` below `root`.
        reporter: receives notes, warnings and progress; nothing is reported if None.
        key: an SSH key to sign with; a public one uses the SSH agent.
        limits, hosted, previous: see `PublishContext`; the limits are those of `forge` if None.

    Raises:
        NotFound: `root` is not in a git work tree.
        UsageError: git is not installed.
        RemoteError: git failed.
    """
    with GitRepository.open(root) as repo:
        yield PublishContext(
            repo=repo,
            registry=registry,
            forge=forge,
            schemas=schemas or root / "schemas",
            outputs=(*outputs, registry.root, root / "dist"),
            reporter=reporter or SilentReporter(),
            key=key,
            limits=limits or (forge.limits if forge else None),
            hosted=hosted,
            previous=previous,
            root=root,
        )


class Step(Protocol):
    """One step of a release. Steps do not import each other."""

    @property
    def name(self) -> str:
        """The step's name in the plan."""
        ...

    def skip(self, plan: Plan) -> str | None:
        """Why there is nothing to do, or None if `run` is to be called."""
        ...

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Act, and return the staged release with what was added. Idempotent."""
        ...
