"""Two releases in a row: the second one's page compares, and its bundle does not depend on the first."""

from __future__ import annotations

import html
import shutil
from pathlib import Path

import pytest

from obrelease.models.artefact import Artefact, own_series
from obrelease.models.version_tag import Tag
from obrelease.registry.store import Registry
from obrelease.release.publish.create_plan import PublishOptions, create_plan
from obrelease.release.publish.pipeline import PUBLISH, run_steps
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.remote.forge.directory import DirectoryForge
from obrelease.remote.forge.protocol import Forge
from tests.loopback_github.running import forge_at, running
from tests.unit.release.project import Project, git, make_project, run_of

FIRST, SECOND = Tag.parse("v0.8"), Tag.parse("v0.9-beta")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that commits its runs."""
    monkeypatch.setenv("HOME", str(tmp_path))
    project = make_project(tmp_path)
    commit(project)
    return project


def commit(project: Project) -> None:
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--allow-empty", "--message=runs")


def faster(project: Project, scenario: str) -> None:
    """Measure a scenario again, twice as fast as in the first release."""
    before = run_of(scenario, 42)
    walls = (own_series("pass-wall", "ns", (500, 550)),)
    now = Artefact(**{**dict(before), "created_ns": "1700000001000000000", "metrics": walls})
    Registry(project.results).record(now, ())


def publish(project: Project, forge: Forge, tag: Tag, scratch: Path) -> StagedRelease:
    scratch.mkdir()
    context = project.context(forge)
    plan = create_plan(PublishOptions("demo", tag, remote="origin"), PUBLISH, context, project.head())
    return run_steps(plan, PUBLISH, context, scratch, None)[1]


def page(forge: Forge, tag: Tag) -> str:
    found = forge.find(tag.text)
    assert found is not None
    return found.notes


def second_release(project: Project, forge: Forge, tmp_path: Path) -> StagedRelease:
    faster(project, "baseline")
    commit(project)
    return publish(project, forge, SECOND, tmp_path / "second")


def test_the_first_release_compares_with_nothing(project: Project, tmp_path: Path) -> None:
    forge = DirectoryForge(project.releases)
    publish(project, forge, FIRST, tmp_path / "first")
    assert "**Against" not in page(forge, FIRST)


def test_the_second_compares_with_the_first_on_the_forge(project: Project, tmp_path: Path) -> None:
    forge = DirectoryForge(project.releases)
    publish(project, forge, FIRST, tmp_path / "first")
    staged = second_release(project, forge, tmp_path)
    notes = page(forge, SECOND)
    assert notes == f"{staged.against}\n\n{staged.notes}"
    row = next(line for line in notes.splitlines() if "`throughput`" in line)
    assert "| 2.000 | inconclusive |" in row
    assert "* `bench x10 reference`: same runs as in `v0.8`; not re-measured." in notes


def test_without_the_forge_the_local_tag_gives_the_same(project: Project, tmp_path: Path) -> None:
    publish(project, DirectoryForge(project.releases), FIRST, tmp_path / "first")
    elsewhere = DirectoryForge(tmp_path / "elsewhere")
    staged = second_release(project, elsewhere, tmp_path)
    assert "| 2.000 | inconclusive |" in staged.against


def test_the_bundle_does_not_depend_on_the_forge(project: Project, tmp_path: Path) -> None:
    publish(project, DirectoryForge(project.releases), FIRST, tmp_path / "first")
    staged = second_release(project, DirectoryForge(project.releases), tmp_path)
    git(project.root, "tag", "--delete", FIRST.text)
    alone = publish(project, DirectoryForge(tmp_path / "elsewhere"), SECOND, tmp_path / "alone")
    assert alone.against == ""
    assert alone.packed is not None
    assert staged.packed is not None
    assert alone.packed.manifest == staged.packed.manifest


def test_a_damaged_previous_release_is_reported_and_stops_nothing(project: Project, tmp_path: Path) -> None:
    forge = DirectoryForge(project.releases)
    publish(project, forge, FIRST, tmp_path / "first")
    (project.releases / FIRST.text / "assets" / "SHA256SUMS").write_text("nothing\n")
    staged = second_release(project, forge, tmp_path)
    assert staged.uploaded == "published"
    assert "not compared.** " in staged.against


def test_runs_that_are_gone_from_the_results_are_still_in_git(project: Project, tmp_path: Path) -> None:
    publish(project, DirectoryForge(project.releases), FIRST, tmp_path / "first")
    for folder in project.results.glob("bench/*"):
        shutil.rmtree(folder)
    staged = second_release(project, DirectoryForge(tmp_path / "elsewhere"), tmp_path)
    assert "| 2.000 | inconclusive |" in staged.against
    assert "* `bench x10 reference`: was in `v0.8`, is not in this release" in staged.against


def measured(project: Project, count: int, *, slower: float, since: int) -> None:
    """Measure the baseline some times, with a noise of its own for each run."""
    before = run_of("baseline", 42)
    for number in range(count):
        walls = tuple(int(1_000_000 * slower * (1 + 0.0001 * number) * part) for part in (0.999, 1, 1.001))
        series = (own_series("pass-wall", "ns", walls),)
        created = str(1_700_000_000_000_000_000 + since + number)
        now = Artefact(**{**dict(before), "created_ns": created, "metrics": series})
        Registry(project.results).record(now, ())


@pytest.mark.parametrize(
    ("count", "slower", "verdict"),
    [
        (4, 1.1, "| 0.909 (0.909 to 0.909) | **worse** |"),
        (4, 0.8, "| 1.250 (1.250 to 1.250) | better |"),
        (4, 1.0002, "| 1.000 (1.000 to 1.000) | same |"),
        (2, 1.1, "| 0.909 | inconclusive |"),
    ],
)
def test_the_page_has_the_verdict_on_each_scenario(
    project: Project, tmp_path: Path, count: int, slower: float, verdict: str
) -> None:
    forge = DirectoryForge(project.releases)
    shutil.rmtree(project.results / "bench" / "baseline")
    measured(project, 4, slower=1, since=10)
    commit(project)
    publish(project, forge, FIRST, tmp_path / "first")
    measured(project, count, slower=slower, since=20)
    commit(project)
    staged = publish(project, forge, SECOND, tmp_path / "second")
    row = next(line for line in staged.against.splitlines() if "`throughput`" in line)
    assert verdict in html.unescape(row)
    assert verdict not in staged.notes


def test_a_draft_made_before_the_forge_lost_the_previous_release_is_resumed(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page of a draft may have more than this run would write; the bundle's notes decide whose it is."""
    with running(monkeypatch) as github:
        github.repository.git = project.remote
        publish(project, forge_at(github), FIRST, tmp_path / "first")
        fault = github.fault("POST", "/assets$", status=403, times=99)
        with pytest.raises(Exception, match=r".+"):
            second_release(project, forge_at(github), tmp_path)
        fault.times = 0
        github.repository.releases.pop(min(github.repository.releases))
        git(project.root, "tag", "--delete", FIRST.text)
        staged = publish(project, forge_at(github), SECOND, tmp_path / "again")
        assert staged.uploaded == "published"
        (release,) = github.repository.releases.values()
        assert "**Against `v0.8`" in (release.notes or "")
