"""Nothing becomes public on GitHub that a third party cannot verify: the very tag is there first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from obrelease.errors import Conflict, InvalidInput, RemoteError
from obrelease.models.version_tag import Tag
from obrelease.release.publish.create_plan import PublishOptions, create_plan
from obrelease.release.publish.pipeline import PUBLISH, TAG, run_steps
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.remote.forge.limits import GITHUB_LIMITS
from obrelease.remote.git.remote_tags import HostedRepository
from tests.loopback_github.running import REPOSITORY, forge_at, running
from tests.loopback_github.server import LoopbackGitHub
from tests.unit.release.project import Project, git, make_project

BETA = Tag.parse("v0.9-beta")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose remote has the address of its repository on the loopback GitHub."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    project = make_project(tmp_path)
    address = f"https://localhost/{REPOSITORY}.git"
    (tmp_path / "home" / ".gitconfig").write_text(f'[url "{project.remote}"]\n\tinsteadOf = {address}\n')
    git(project.root, "remote", "add", "aside", str(tmp_path / "nowhere.git"))
    git(project.root, "remote", "set-url", "origin", address)
    return project


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch, project: Project) -> Iterator[LoopbackGitHub]:
    with running(monkeypatch) as server:
        server.repository.git = project.remote
        yield server


def context_of(project: Project, github: LoopbackGitHub, *, hosted: bool) -> PublishContext:
    known = HostedRepository("localhost", REPOSITORY) if hosted else None
    return replace(project.context(forge_at(github)), limits=GITHUB_LIMITS, hosted=known)


def publish(
    project: Project,
    context: PublishContext,
    scratch: Path,
    *,
    remote: str | None = None,
    dry_run: bool = False,
) -> StagedRelease:
    options = PublishOptions("demo", BETA, (), remote, dry_run)
    plan = create_plan(options, PUBLISH, context, project.head())
    return run_steps(plan, PUBLISH, context, scratch, None)[1]


def object_of(folder: Path) -> str:
    return git(folder, "for-each-ref", "--format=%(objectname)", f"refs/tags/{BETA}")


def test_the_remote_that_points_at_the_repository_gets_the_tag(
    project: Project, github: LoopbackGitHub, tmp_path: Path
) -> None:
    staged = publish(project, context_of(project, github, hosted=True), tmp_path / "s")
    assert staged.uploaded == "published"
    assert object_of(project.remote) == object_of(project.root) != ""
    requests = len(github.seen)
    again = publish(project, context_of(project, github, hosted=True), tmp_path / "t")
    assert again.uploaded == "already published"
    assert len(github.seen) - requests <= requests


@pytest.mark.parametrize("dry_run", [False, True])
def test_without_a_remote_nothing_is_begun(
    project: Project, github: LoopbackGitHub, tmp_path: Path, dry_run: bool
) -> None:
    context = context_of(project, github, hosted=False)
    with pytest.raises(RemoteError, match=r"github does not have the tag v0\.9-beta") as caught:
        publish(project, context, tmp_path / "s", dry_run=dry_run)
    assert "--remote" in str(caught.value.hint)
    assert github.repository.releases == {}
    assert object_of(project.root) == ""


def test_a_tag_that_was_pushed_before_needs_no_remote(
    project: Project, github: LoopbackGitHub, tmp_path: Path
) -> None:
    context = replace(project.context(), forge=None)
    plan = create_plan(PublishOptions("demo", BETA, (), "origin"), TAG, context, project.head())
    run_steps(plan, TAG, context, tmp_path / "t", None)
    (tmp_path / "home" / ".gitconfig").unlink()  # as in a workflow: nothing can be pushed
    staged = publish(project, context_of(project, github, hosted=True), tmp_path / "s")
    assert staged.uploaded == "published"


def test_a_lightweight_tag_of_the_same_commit_is_another_tag(
    project: Project, github: LoopbackGitHub, tmp_path: Path
) -> None:
    git(project.root, "push", "--quiet", str(project.remote), f"HEAD:refs/tags/{BETA}")
    with pytest.raises(Conflict, match=r"github has a tag v0\.9-beta of the object"):
        publish(project, context_of(project, github, hosted=True), tmp_path / "s")
    assert github.repository.releases == {}


def test_a_remote_that_is_not_github_leaves_a_draft(
    project: Project, github: LoopbackGitHub, tmp_path: Path
) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "nowhere.git")
    with pytest.raises(RemoteError, match="the release stays a draft"):
        publish(project, context_of(project, github, hosted=True), tmp_path / "s", remote="aside")
    (release,) = github.repository.releases.values()
    assert release.draft
    assert object_of(project.remote) == ""
    git(project.root, "push", "--quiet", str(project.remote), f"refs/tags/{BETA}")
    again = publish(project, context_of(project, github, hosted=True), tmp_path / "t", remote="aside")
    assert again.uploaded == "published"


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (replace(GITHUB_LIMITS, assets=4), "the release has 5 assets; github accepts 4"),
        (replace(GITHUB_LIMITS, asset_bytes=100), "an asset on github has less than 100"),
    ],
)
def test_limits_are_asked_before_anything_is_done(
    project: Project, github: LoopbackGitHub, tmp_path: Path, limits: object, said: str
) -> None:
    for steps in (PUBLISH, TAG):
        for dry_run in (False, True):
            context = replace(context_of(project, github, hosted=True), limits=limits)
            plan = create_plan(
                PublishOptions("demo", BETA, (), None, dry_run), steps, context, project.head()
            )
            with pytest.raises(InvalidInput, match=said) as caught:
                run_steps(plan, steps, context, tmp_path / f"{len(steps)}{dry_run}", None)
            assert caught.value.hint
    assert github.repository.releases == {}
    assert object_of(project.root) == ""


def test_a_page_that_is_too_long_is_cut_and_still_verified(
    project: Project, github: LoopbackGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from obrelease.release.verify.release_files import verify_folder
    from obrelease.release.verify.tag_and_forge import download_release, forge_layer
    from tests.unit.release.project import no_progress

    small = replace(GITHUB_LIMITS, page_characters=1200)
    monkeypatch.setattr("obrelease.remote.github.forge.GitHubForge.limits", small)
    github.repository.page_characters = 1200
    publish(project, context_of(project, github, hosted=True), tmp_path / "s")
    (release,) = github.repository.releases.values()
    assert len(release.notes or "") <= 1200
    assert "the rest is in NOTES.md of* `demo-v0.9-beta.tar.gz`" in (release.notes or "")
    (tmp_path / "files").mkdir()
    (tmp_path / "scratch").mkdir()
    forge = forge_at(github)
    page = download_release(forge, BETA.text, tmp_path / "files", no_progress)
    files = verify_folder(tmp_path / "files", tmp_path / "scratch", no_progress, tag=BETA.text)
    assert "lines of NOTES.md, and names the bundle" in forge_layer(files, page, forge).detail
