"""The whole pipeline to GitHub: a loopback one that keeps the contract, and one not written here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from obrelease.errors import Conflict
from obrelease.models.version_tag import Tag
from obrelease.release.publish.create_plan import PublishOptions, create_plan
from obrelease.release.publish.journal import Journal
from obrelease.release.publish.pipeline import PUBLISH, run_steps
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.verify.release_files import verify_folder
from obrelease.release.verify.tag_and_forge import download_release, forge_layer, tag_layers
from obrelease.remote.forge.protocol import Forge
from obrelease.remote.github import GitHubForge
from tests.emulator import process
from tests.loopback_github.running import forge_at, quick_timing, running
from tests.loopback_github.server import LoopbackGitHub
from tests.unit.release.project import Project, git, make_project, no_progress

BETA = Tag.parse("v0.9-beta")


class EmulatedForge(GitHubForge):
    """The emulator has no git repository that can be pushed to: tags are those of the bare remote."""

    remote = Path()

    def tag_object(self, tag: str) -> str | None:
        return git(self.remote, "for-each-ref", "--format=%(objectname)", f"refs/tags/{tag}") or None


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("HOME", str(tmp_path))
    return make_project(tmp_path)


@pytest.fixture(params=["with digests", "without digests"])
def github(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, project: Project
) -> Iterator[LoopbackGitHub]:
    with running(monkeypatch) as server:
        server.repository.git = project.remote
        server.repository.keeps_digests = request.param == "with digests"
        yield server


def publish(project: Project, forge: Forge, scratch: Path, tag: Tag = BETA) -> StagedRelease:
    context = project.context(forge)
    plan = create_plan(PublishOptions("demo", tag, (), "origin"), PUBLISH, context, project.head())
    assert plan.forge == "github"
    return run_steps(plan, PUBLISH, context, scratch, Journal.of(context.repo.git_dir, tag.text))[1]


def test_publish_twice_and_verify(project: Project, github: LoopbackGitHub, tmp_path: Path) -> None:
    first = publish(project, forge_at(github), tmp_path / "one")
    assert (first.tagged, first.uploaded) == ("created", "published")
    second = publish(project, forge_at(github), tmp_path / "two")
    assert (second.tagged, second.uploaded) == ("present", "already published")
    forge = forge_at(github)
    (tmp_path / "fetched").mkdir()
    (tmp_path / "scratch").mkdir()
    release = download_release(forge, BETA.text, tmp_path / "fetched", no_progress)
    assert release.prerelease
    found = verify_folder(tmp_path / "fetched", tmp_path / "scratch", no_progress, tag=BETA.text)
    assert first.packed is not None
    assert found.manifest_sha256 == first.packed.manifest_sha256
    assert forge_layer(found, release, forge).checked
    assert tag_layers(found, "demo", project.context().repo, None)[0].checked


def test_other_runs_under_a_published_tag_are_a_conflict(
    project: Project, github: LoopbackGitHub, tmp_path: Path
) -> None:
    publish(project, forge_at(github), tmp_path / "one")
    project.record("x100")
    with pytest.raises(Conflict):
        publish(project, forge_at(github), tmp_path / "two")


def test_the_pipeline_publishes_to_a_github_that_was_not_written_here(
    project: Project, tmp_path: Path
) -> None:
    (tmp_path / "emulate").mkdir()
    with process.emulated_github(tmp_path / "emulate") as api:
        forge = EmulatedForge(process.REPOSITORY, process.TOKEN, api, timing=quick_timing())
        forge.remote = project.remote
        staged = publish(project, forge, tmp_path / "s")
        assert staged.uploaded == "published"
        shown = forge.find(BETA.text)
    assert shown is not None
    assert (shown.draft, shown.prerelease) == (False, True)
    assert staged.packed is not None
    assert sorted((a.name, a.size) for a in shown.assets) == sorted(
        (asset.facts.name, asset.facts.size) for asset in staged.packed.assets
    )
