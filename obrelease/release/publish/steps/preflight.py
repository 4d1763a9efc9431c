"""Step `preflight`: check everything that can be known in advance. Reads only."""

from __future__ import annotations

from pathlib import Path

from obrelease.errors import CheckFailed, Conflict, IntegrityError, NotFound, RemoteError
from obrelease.models import json_schema
from obrelease.models.plan import Plan
from obrelease.registry.source_changes import source_changes
from obrelease.release.publish.compare_assets import require_digests
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.remote.forge.protocol import Forge
from obrelease.remote.git.remote_tags import require_same_object
from obrelease.remote.git.tag_object import TagInfo


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
        _require_clean(plan, context)
        _require_schemas(context)
        if context.forge is not None:
            context.forge.preflight()
        _require_tag(plan, context)
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


def _require_clean(plan: Plan, context: PublishContext) -> None:
    root = context.repo.root.resolve()
    outputs = [path.resolve() for path in (*context.outputs, *map(Path, plan.attach))]
    inside = [folder.relative_to(root).as_posix() for folder in outputs if folder.is_relative_to(root)]
    changes = source_changes(context.repo, context.registry, inside)
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
    for name, other in _similar_tags(plan.tag, context):
        raise Conflict(
            f"there is a tag {name}, which differs from {other} only in its case",
            hint="choose another tag: on some disks both would be one file",
        )
    if plan.remote is not None:
        _require_remote_tag(plan, context, plan.remote, here)
    forge = context.forge
    if forge is not None and forge.hosts_tags:
        _require_hosted_tag(plan, forge, here)


def _similar_tags(tag: str, context: PublishContext) -> list[tuple[str, str]]:
    return [(name, tag) for name in context.repo.tag_names() if name != tag and name.lower() == tag.lower()]


def _require_remote_tag(plan: Plan, context: PublishContext, remote: str, here: TagInfo | None) -> None:
    there = context.repo.remote_tag_object(remote, plan.tag)
    if there is None:
        return
    if there.commit != plan.commit:
        raise Conflict(
            f"on {remote} the tag {plan.tag} points at {there.commit[:12]}, HEAD is {plan.commit[:12]}",
            hint=f"fetch the tag and check it out: git fetch {remote} tag {plan.tag} && "
            f"git switch --detach {plan.tag}; or choose a new one",
        )
    if here is not None:
        require_same_object(remote, plan.tag, there, here.object_id, here.commit)
        return
    raise Conflict(
        f"{remote} has a tag {plan.tag} of this commit, but this repository has not",
        hint=f"fetch it, so that its message can be compared: git fetch {remote} tag {plan.tag}",
    )


def _require_hosted_tag(plan: Plan, forge: Forge, here: TagInfo | None) -> None:
    """The forge's own repository must have this very tag, or a remote must be known to push it to."""
    there = forge.tag_object(plan.tag)
    if there is None and plan.remote is None:
        raise RemoteError(
            f"{forge.name} does not have the tag {plan.tag}, and no git remote is known to push it to: "
            "it would make a lightweight tag of its own, which proves nothing",
            hint=f"pass --remote NAME, or push it first: obrelease tag {plan.tag} && "
            f"git push REMOTE refs/tags/{plan.tag}",
        )
    if there is not None and (here is None or here.object_id != there):
        raise Conflict(
            f"{forge.name} has a tag {plan.tag} of the object {there[:12]}, "
            + ("this repository has none" if here is None else f"here it is {here.object_id[:12]}"),
            hint="fetch it, so that its message can be compared: "
            f"git fetch --force {plan.remote or 'origin'} tag {plan.tag}; or choose a new tag",
        )


def _require_schemas(context: PublishContext) -> None:
    """Exported schemas must be current; without them the schemas of this program are released."""
    if not json_schema.has_exported_schemas(context.schemas):
        return
    problems = json_schema.check_schemas(context.schemas)
    if problems:
        raise CheckFailed(str(problems[0]), hint="run `obrelease schema export` and commit what it writes")
