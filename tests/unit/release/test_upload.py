"""Upload against forges that lie: no false success, and nothing public that was not compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from obrelease.errors import Conflict, IntegrityError, RemoteError
from obrelease.models.plan import Plan, PlanStep
from obrelease.models.version_tag import Tag
from obrelease.release.publish.create_plan import PublishOptions, create_plan
from obrelease.release.publish.pipeline import BUNDLE, run_steps
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.release.publish.steps.make_public import MakePublic
from obrelease.release.publish.steps.upload import Upload
from obrelease.remote.forge.directory import DirectoryForge
from obrelease.remote.forge.protocol import Asset, Release
from obrelease.storage.progress import Advance
from tests.unit.release.project import Project, make_project

TAG = "v0.9-beta"


class Shown(DirectoryForge):
    """A forge that keeps everything right and shows it wrong, in one named way."""

    def __init__(self, root: Path, lie: str) -> None:
        super().__init__(root)
        self.lie = lie
        self.public = 0
        self.downloads = 0

    def find(self, tag: str) -> Release | None:
        found = super().find(tag)
        return self.twisted(found) if found is not None and found.assets else found

    def twisted(self, found: Release) -> Release:
        first, *rest = found.assets
        change = {
            "digest": replace(first, sha256="0" * 64),
            "size": replace(first, size=first.size + 1),
            "incomplete": replace(first, complete=False),
            "name": replace(first, name="other"),
        }.get(self.lie)
        if change is not None:
            return replace(found, assets=(change, *rest))
        match self.lie:
            case "lost":
                return replace(found, assets=tuple(rest))
            case "twice":
                return replace(found, assets=(first, first, *rest))
            case "prerelease":
                return replace(found, prerelease=not found.prerelease)
            case "no digests":
                return replace(found, assets=tuple(replace(asset, sha256=None) for asset in found.assets))
            case "always a draft":
                return replace(found, draft=True)
        return found

    def publish(self, release: Release) -> Release:
        self.public += 1
        return super().publish(release)

    def download(self, release: Release, asset: Asset, target: Path, advance: Advance) -> None:
        self.downloads += 1
        super().download(release, asset, target, advance)
        if self.lie == "no digests" and self.public > 1:
            target.write_bytes(target.read_bytes()[:-1])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path)


def published(plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
    """What the last two steps give."""
    return MakePublic().run(plan, context, Upload().run(plan, context, staged))


def packed(project: Project, scratch: Path) -> tuple[Plan, StagedRelease]:
    context = project.context()
    plan = create_plan(PublishOptions("demo", Tag.parse(TAG)), BUNDLE, context, project.head())
    return run_steps(plan, BUNDLE, context, scratch, None)


@pytest.mark.parametrize("lie", ["digest", "size", "incomplete", "name", "lost", "twice", "prerelease"])
def test_a_draft_that_reads_back_wrong_is_never_published(project: Project, tmp_path: Path, lie: str) -> None:
    plan, staged = packed(project, tmp_path / "s")
    forge = Shown(project.releases, lie)
    with pytest.raises(Conflict):
        Upload().run(plan, project.context(forge), staged)
    assert forge.public == 0
    kept = DirectoryForge(project.releases).find(TAG)
    assert kept is not None
    assert kept.draft


def test_a_flip_that_does_not_show_is_no_success(project: Project, tmp_path: Path) -> None:
    plan, staged = packed(project, tmp_path / "s")
    with pytest.raises(RemoteError, match="shows a draft"):
        published(plan, project.context(Shown(project.releases, "always a draft")), staged)


def test_without_digests_what_is_found_is_read_back(project: Project, tmp_path: Path) -> None:
    plan, staged = packed(project, tmp_path / "s")
    forge = Shown(project.releases, "no digests")
    assert published(plan, project.context(forge), staged).uploaded == "published"
    assert forge.downloads == 0
    assert published(plan, project.context(forge), staged).uploaded == "already published"
    assert staged.packed is not None
    assert forge.downloads == len(staged.packed.assets)
    forge.public = 2
    with pytest.raises(IntegrityError, match="announced"):
        Upload().run(plan, project.context(forge), staged)


def test_a_file_swapped_after_packing_is_not_sent(project: Project, tmp_path: Path) -> None:
    plan, staged = packed(project, tmp_path / "s")
    assert staged.packed is not None
    file = staged.packed.assets[0].file
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(IntegrityError):
        Upload().run(plan, project.context(), staged)
    kept = DirectoryForge(project.releases).find(TAG)
    assert kept is not None
    assert (kept.draft, kept.assets) == (True, ())


def test_a_dry_run_skips_with_a_reason() -> None:
    step = PlanStep(name="upload")
    plan = Plan(
        project="demo", tag=TAG, commit="0" * 40, prerelease=True, runs=(), steps=(step,), dry_run=True
    )
    assert Upload().skip(plan) == "dry run"
    assert Upload().skip(plan.model_copy(update={"dry_run": False})) is None
