"""Publish, tag, bundle or abort a release: what the commands of these names do, without a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from obrelease.models.manifest import BundleManifest
from obrelease.models.plan import Plan
from obrelease.models.version_tag import Tag
from obrelease.registry.store import Registry
from obrelease.release.publish.abort import AbortResult, abort
from obrelease.release.publish.create_plan import PublishOptions, create_plan
from obrelease.release.publish.export_folder import export_to_folder
from obrelease.release.publish.journal import Journal
from obrelease.release.publish.pipeline import BUNDLE, PUBLISH, TAG, run_steps
from obrelease.release.publish.resume_plan import resume_plan
from obrelease.release.publish.staged_release import TagOutcome, UploadOutcome
from obrelease.release.publish.step import PublishContext, Step
from obrelease.remote.git.export_files import export_files
from obrelease.storage.temporary import temporary_folder


@dataclass(frozen=True, slots=True)
class PublishResult:
    """A release after its steps ran.

    Attributes:
        plan: its commit, runs, steps, assets and acts, each with its state.
        tagged: None if no tag was made, as on a dry run.
        uploaded: None if nothing was uploaded.
        url: the address of the public release, or "".
    """

    plan: Plan
    manifest: BundleManifest
    manifest_sha256: str
    tagged: TagOutcome | None
    uploaded: UploadOutcome | None
    url: str

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease publish --json` prints."""
        plan, bundle = self.plan, self.manifest.bundle
        return {
            "tag": plan.tag,
            "commit": plan.commit,
            "dry_run": plan.dry_run,
            "tagged": self.tagged,
            "uploaded": self.uploaded,
            "url": self.url or None,
            "bundle_sha256": bundle.sha256,
            "tar_sha256": bundle.tar_sha256,
            "manifest_sha256": self.manifest_sha256,
            "plan": plan.model_dump(mode="json"),
        }


def publish_release(options: PublishOptions, context: PublishContext) -> PublishResult:
    """Check, pack, tag and upload runs as one release. Idempotent.

    Raises:
        NotFound: a run is missing, or there is nothing to resume.
        CheckFailed: uncommitted changes, outdated schemas, or a run that failed its checks.
        IntegrityError, InvalidInput: a run or its provenance is not valid.
        Conflict: the tag or the release exists with other contents.
        RemoteError: git or the forge failed; the next call continues from there.
        UsageError: the project's name or the key cannot be used.
        StorageError: the disk failed.
    """
    return _run(options, PUBLISH, context)


def tag_release(options: PublishOptions, context: PublishContext) -> PublishResult:
    """Make the annotated tag of a release and push it; raises as `publish_release`."""
    return _run(options, TAG, context)


def bundle_release(options: PublishOptions, context: PublishContext, output: Path) -> PublishResult:
    """Write the files of a release into a folder; the same runs give the same bytes.

    The release is of the commit that the tag points to, with the runs that are committed there, or of HEAD
    and the work tree if the tag does not exist.

    Raises:
        Conflict: the folder holds something else.
        NotFound, IntegrityError, InvalidInput, StorageError, RemoteError: as `publish_release`.
    """
    return _run(options, BUNDLE, context, output)


def abort_release(tag: Tag, context: PublishContext) -> AbortResult:
    """Remove the draft and the unpushed tag of an unfinished release; raises as `abort`."""
    return abort(tag.text, context, Journal.of(context.repo.git_dir, tag.text))


def _run(
    options: PublishOptions, steps: Sequence[Step], context: PublishContext, output: Path | None = None
) -> PublishResult:
    tag, makes_tag = options.tag.text, steps is not BUNDLE
    journal = Journal.of(context.repo.git_dir, tag)
    with temporary_folder() as scratch:
        existing = None if makes_tag else context.repo.local_tag(tag)
        if options.resume:
            plan = resume_plan(journal, steps, context)
        else:
            commit = existing.commit if existing else context.repo.head()
            if existing is not None:
                context = _at_commit(context, commit, scratch / "committed")
            plan = create_plan(options, steps, context, commit)
        recorded = journal if makes_tag and not options.dry_run else None
        plan, staged = run_steps(plan, steps, context, scratch, recorded)
        packed = staged.require_packed()
        if output is not None:
            export_to_folder(packed, output)
    return PublishResult(
        plan, packed.manifest, packed.manifest_sha256, staged.tagged, staged.uploaded, staged.url
    )


def _at_commit(context: PublishContext, commit: str, target: Path) -> PublishContext:
    """The context with the runs that are committed at a tag: the work tree may have others, or other bytes.

    Without committed runs, those of the work tree are used.
    """
    root, results = context.repo.root.resolve(), context.registry.root.resolve()
    if not results.is_relative_to(root) or results == root:
        return context
    export_files(context.repo, commit, results.relative_to(root).as_posix(), target)
    committed = Registry(target)
    return replace(context, registry=committed) if committed.find() else context
