"""Step `preflight`: check everything that can be known in advance. Reads only."""

from __future__ import annotations

from obrelease.errors import CheckFailed, Conflict, IntegrityError, NotFound
from obrelease.models import json_schema
from obrelease.models.plan import Plan
from obrelease.release.publish.compare_assets import require_digests
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext


class Preflight:
    """Refuses a release that could not be finished or trusted."""

    name = "preflight"

    def skip(self, plan: Plan) -> str | None:
        """Never."""

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Check the work tree, the tag, the schemas, the runs and the forge.

        Raises:
            NotFound: there is no run to release.
            IntegrityError: a folder of the registry is damaged.
            CheckFailed: there are uncommitted changes, or schemas that differ from the models.
            Conflict: the tag points to another commit, here or on the remote.
            RemoteError: the forge cannot make releases.
        """
        if not plan.runs:
            raise NotFound(
                f"{context.registry.root}: has no runs to release",
                hint="make one with `obrelease run bench --scenario baseline --seed 42`",
            )
        _require_readable(plan, context)
        _require_clean(context)
        _require_tag(plan, context)
        _require_schemas(context)
        if context.forge is not None:
            context.forge.preflight()
        return staged


def _require_readable(plan: Plan, context: PublishContext) -> None:
    """A damaged run stops a release of all runs; it must not be left out silently."""
    if len(plan.runs) < len(context.registry.find()):
        return
    unreadable = context.registry.unreadable()
    if unreadable:
        raise IntegrityError(
            f"{unreadable[0]}: looks like a run, but cannot be read",
            hint="run `obrelease fsck`, or choose the runs to release with --run",
        )


def _require_clean(context: PublishContext) -> None:
    root = context.repo.root.resolve()
    outputs = [folder.resolve() for folder in context.outputs]
    inside = [folder.relative_to(root).as_posix() for folder in outputs if folder.is_relative_to(root)]
    changes = context.repo.changes(ignoring=inside)
    if changes:
        more = f" and {len(changes) - 5} more" if len(changes) > 5 else ""
        raise CheckFailed(
            f"the work tree has uncommitted changes: {', '.join(map(ascii, changes[:5]))}{more}",
            hint="commit them, or add the files to .gitignore",
        )


def _require_tag(plan: Plan, context: PublishContext) -> None:
    here = context.repo.local_tag(plan.tag)
    if here is not None and here.commit != plan.commit:
        raise Conflict(
            f"the tag {plan.tag} points at {here.commit[:12]}, HEAD is {plan.commit[:12]}",
            hint=f"check out the tag: git switch --detach {plan.tag}; or choose a new one",
        )
    if here is not None:
        require_digests(here)
    if plan.remote is None:
        return
    there = context.repo.remote_tag(plan.remote, plan.tag)
    if there is not None and there != plan.commit:
        raise Conflict(
            f"on {plan.remote} the tag {plan.tag} points at {there[:12]}, HEAD is {plan.commit[:12]}",
            hint=f"fetch the tag and check it out: git fetch {plan.remote} tag {plan.tag} && "
            f"git switch --detach {plan.tag}; or choose a new one",
        )
    if there is not None and here is None:
        raise Conflict(
            f"{plan.remote} has a tag {plan.tag} of this commit, but this repository has not",
            hint=f"fetch it, so that its message can be compared: git fetch {plan.remote} tag {plan.tag}",
        )


def _require_schemas(context: PublishContext) -> None:
    """Exported schemas must be current; without them the schemas of this program are released."""
    if not json_schema.has_exported_schemas(context.schemas):
        return
    problems = json_schema.check_schemas(context.schemas)
    if problems:
        raise CheckFailed(str(problems[0]), hint="run `obrelease schema export` and commit what it writes")
