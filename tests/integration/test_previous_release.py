"""Which release a release is compared with: chosen from one listing, and said with the reason."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.models.version_tag import Tag
from obrelease.release.verify.previous_release import PreviousChoice, PreviousRelease, previous_release
from obrelease.release.verify.tag_message import compose_message
from obrelease.remote.git.repository import GitRepository
from tests.unit.release.project import Project, git, make_project

DIGESTS = {"bundle": "1" * 64, "manifest": "2" * 64}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose commit has no runs, so that a tag alone has no evidence."""
    monkeypatch.setenv("HOME", str(tmp_path))
    project = make_project(tmp_path)
    git(project.root, "rm", "-r", "--quiet", "--cached", "results/bench")
    git(project.root, "commit", "--quiet", "--message=no runs")
    return project


def tagged(project: Project, name: str, *, evidence: bool) -> None:
    message = compose_message("demo", name, DIGESTS) if evidence else f"release {name}\n"
    git(project.root, "tag", "--annotate", f"--message={message}", name)


def found(project: Project, tag: str, choice: PreviousChoice = "stable") -> PreviousRelease:
    with GitRepository.open(project.root) as repo:
        return previous_release(Tag.parse(tag), repo, results=project.results, choice=choice)


@pytest.mark.parametrize(
    ("with_evidence", "without", "tag", "choice", "expected", "reason"),
    [
        ([], [], "v1", "stable", None, "no earlier release in the history has results"),
        ([], ["v0.1", "v0.2"], "v1", "stable", None, "skipped: v0.2, v0.1 (no results)"),
        (["v0.1"], ["v0.2", "nightly"], "v1", "stable", "v0.1", "skipped: v0.2 (no results)"),
        (
            ["v0.8", "v0.9-rc1"],
            [],
            "v0.9",
            "stable",
            "v0.8",
            "last stable release in the history with results",
        ),
        (["v0.8", "v0.9-rc1"], [], "v0.9", "stable", "v0.8", "skipped: v0.9-rc1 (prerelease)"),
        (["v0.8", "v0.9-rc1"], [], "v0.9", "any", "v0.9-rc1", "last release in the history"),
        (["v0.8", "v0.9-rc1"], [], "v0.9-rc2", "stable", "v0.9-rc1", "last release in the history"),
        (["v0.9-rc1"], [], "v0.9", "stable", "v0.9-rc1", "last release in the history"),
        (["v1.9", "v2.0"], [], "v1.10", "stable", "v1.9", "v1.9 is the last stable release"),
        (["a/v1.0", "b/v1.5", "v1.7"], [], "a/v2.0", "stable", "a/v1.0", "of a/ in the history"),
        (["a/v1.0"], [], "b/v2.0", "stable", None, "no earlier release of b/"),
        (
            ["1.0.post1", "1.0", "1.1.dev3"],
            [],
            "1.1",
            "stable",
            "1.0.post1",
            "skipped: 1.1.dev3 (prerelease)",
        ),
        (["2024.11.28"], ["2024.12.01"], "2025.01.02", "stable", "2024.11.28", "no results"),
    ],
)
def test_the_choice_and_its_reason(
    project: Project,
    with_evidence: list[str],
    without: list[str],
    tag: str,
    choice: PreviousChoice,
    expected: str | None,
    reason: str,
) -> None:
    for name in with_evidence:
        tagged(project, name, evidence=True)
    for name in without:
        tagged(project, name, evidence=False)
    previous = found(project, tag, choice)
    assert (previous.tag and previous.tag.text) == expected
    assert reason in previous.reason


def test_a_tag_without_digests_counts_if_its_commit_has_runs(project: Project) -> None:
    project.record("x100")
    git(project.root, "tag", "v0.5")
    assert found(project, "v1").tag == Tag.parse("v0.5")


def test_tags_outside_of_the_history_do_not_count(project: Project) -> None:
    git(project.root, "switch", "--quiet", "--create", "other")
    git(project.root, "commit", "--quiet", "--allow-empty", "--message=elsewhere")
    tagged(project, "v0.9", evidence=True)
    git(project.root, "switch", "--quiet", "main")
    assert found(project, "v1").tag is None


def test_thousands_of_foreign_tags_cost_no_process_each(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = project.head()
    lines = "".join(f"create refs/tags/v0.{number} {head}\n" for number in range(3000))
    subprocess.run(["git", "update-ref", "--stdin"], cwd=project.root, input=lines, text=True, check=True)
    tagged(project, "v0.0.1", evidence=True)
    started: list[Any] = []
    with GitRepository.open(project.root) as repo:
        for name in ("run", "output"):
            act = getattr(GitRepository, name)

            def counted(self: GitRepository, *words: Any, act: Any = act, **more: Any) -> Any:
                started.append(words[0])
                return act(self, *words, **more)

            monkeypatch.setattr(GitRepository, name, counted)
        previous = previous_release(Tag.parse("v1"), repo, results=project.results)
    assert previous.tag == Tag.parse("v0.0.1")
    assert "v0.2999, v0.2998, v0.2997 and 2996 more (no results)" in previous.reason
    assert len(started) <= 6, started


def test_a_first_release_with_evidence_passes_the_gate_among_foreign_tags(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    project = make_project(tmp_path)
    git(project.root, "tag", "v0.1", "HEAD~1")
    (project.root / "gate.toml").write_text(
        'format = "obrelease.gate-policy"\nversion = 1\nthreshold_percent = 5.0\n[[metric]]\nname = "*"\n'
    )
    project.commit("policy")
    monkeypatch.chdir(project.root)
    assert execute(["publish", "v0.2"]) == ExitCode.OK
    capsys.readouterr()
    assert execute(["gate", "--policy", "gate.toml", "--release", "v0.2"]) == ExitCode.OK
    assert "v0.1 (no results)" in capsys.readouterr().out
