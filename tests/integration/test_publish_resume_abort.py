"""The plan as it is printed, gone on with, and taken back, on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import obrelease.remote.github as github_package
from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.release.publish.journal import Journal
from obrelease.remote.open_forge import countdown
from tests.loopback_github.client import surroundings, without_waits
from tests.loopback_github.server import LoopbackGitHub
from tests.unit.release.project import Project, git, make_project

TAG = "v0.9-beta"
UPLOAD = ("POST", r"/releases/\d+/assets$")


@pytest.fixture
def project(tmp_path: Path, github: LoopbackGitHub, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = make_project(tmp_path)
    github.repository.git = made.remote
    monkeypatch.chdir(made.root)
    monkeypatch.setattr(github_package, "RequestTiming", without_waits)
    for name, value in surroundings(tmp_path, github.api).items():
        monkeypatch.setenv(name, value)
    return made


class Console:
    """The command line of one test."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def fails(self, *arguments: str) -> tuple[int, str]:
        self.capsys.readouterr()
        code = execute(list(arguments))
        return code, self.capsys.readouterr().err

    def answers(self, *arguments: str) -> dict[str, Any]:
        self.capsys.readouterr()
        code = execute([*arguments, "--json"])
        out, err = self.capsys.readouterr()
        assert code == 0, err
        answer = json.loads(out)
        assert isinstance(answer, dict)
        return answer


@pytest.fixture
def console(capsys: pytest.CaptureFixture[str]) -> Console:
    return Console(capsys)


def stopped(console: Console, github: LoopbackGitHub) -> None:
    """A publish that ends in the middle of its uploads."""
    github.fault(*UPLOAD)
    github.fault(*UPLOAD, status=401, body=b'{"message": "Bad credentials"}')
    assert console.fails("publish", TAG, "--remote", "origin")[0] == ExitCode.REMOTE
    (draft,) = github.repository.releases.values()
    assert (draft.draft, len(draft.assets)) == (True, 1)


def test_the_plan_names_every_write_that_is_then_made(
    project: Project, github: LoopbackGitHub, console: Console
) -> None:
    acts = console.answers("publish", TAG, "--remote", "origin", "--dry-run")["plan"]["acts"]
    assert {seen.method for seen in github.seen} == {"GET"}
    github.seen.clear()
    made = console.answers("publish", TAG, "--remote", "origin")["plan"]["acts"]
    planned = [act["request"].replace("{id}", "1001") for act in acts]
    writes = []
    for seen in github.seen:
        name = f"?name={seen.query['name']}" if "name" in seen.query else ""
        if seen.method == "GET":
            assert f"GET {seen.path}" in planned
        else:
            writes.append(f"{seen.method} {seen.path}{name}")
    assert writes == [request for request in planned if request.split()[0] in {"POST", "PATCH"}]
    assert [act["verb"] for act in acts if act["verb"] != "look"] == [
        *("create-draft", "create-tag", "push-tag"),
        *["upload"] * 5,
        "publish",
    ]
    assert {act["state"] for act in acts} == {"pending"}
    assert {act["verb"] for act in made if act["state"] == "pending"} == {"look"}


def test_the_journal_knows_what_is_done_and_resume_finishes_it(
    project: Project, github: LoopbackGitHub, console: Console
) -> None:
    stopped(console, github)
    plan = Journal.of(project.root / ".git", TAG).load()
    assert plan is not None
    assert [act.verb for act in plan.acts if act.state == "done"] == [
        *("create-draft", "create-tag", "push-tag", "upload")
    ]
    commit = project.head()
    project.record("x100")
    git(project.root, "commit", "--quiet", "--allow-empty", "--message=second")
    code, said = console.fails("publish", TAG, "--remote", "origin")
    assert (code, "--resume" in said, "--abort" in said) == (ExitCode.CONFLICT, True, True)
    git(project.root, "checkout", "--quiet", "--detach", TAG)
    github.seen.clear()
    done = console.answers("publish", TAG, "--resume")
    assert (done["uploaded"], done["commit"], len(done["plan"]["runs"])) == ("published", commit, 2)
    assert github.count(*UPLOAD) == 4
    code, said = console.fails("publish", TAG, "--resume")
    assert (code, "nothing to resume" in said) == (ExitCode.NOT_FOUND, True)


def test_a_second_run_checks_again_what_the_first_one_did(
    project: Project, github: LoopbackGitHub, console: Console
) -> None:
    stopped(console, github)
    (draft,) = github.repository.releases.values()
    draft.assets[0].content = b"X" + draft.assets[0].content[1:]
    code, said = console.fails("publish", TAG, "--resume")
    assert (code, "other bytes" in said) == (ExitCode.CONFLICT, True)
    assert draft.draft


def test_abort_removes_the_draft_and_keeps_a_pushed_tag(
    project: Project, github: LoopbackGitHub, console: Console
) -> None:
    stopped(console, github)
    answer = console.answers("publish", TAG, "--abort")
    assert len(answer["removed"]) == 1
    assert answer["kept"] == [f"the tag {TAG}: it was pushed to origin"]
    assert github.repository.releases == {}
    assert console.answers("publish", TAG, "--abort")["removed"] == []
    assert project.remote_tag(TAG) == project.head()


def test_abort_removes_an_unpushed_tag_of_its_own_alone(
    project: Project, github: LoopbackGitHub, console: Console
) -> None:
    hook = project.remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'GH013: no tags today' >&2\nexit 1\n")
    hook.chmod(0o755)
    code, said = console.fails("publish", TAG, "--remote", "origin")
    assert (code, "GH013: no tags today" in said) == (ExitCode.REMOTE, True)
    assert len(console.answers("publish", TAG, "--abort")["removed"]) == 2
    assert project.context().repo.local_tag(TAG) is None
    console.answers("tag", TAG)
    Journal.of(project.root / ".git", TAG).remove()
    assert console.fails("publish", TAG, "--remote", "origin")[0] == ExitCode.REMOTE
    answer = console.answers("publish", TAG, "--abort")
    assert answer["kept"] == [f"the tag {TAG}: it existed before this release was started"]
    assert project.context().repo.local_tag(TAG) is not None
    assert github.repository.releases == {}


def test_abort_leaves_the_draft_of_another_run(
    project: Project, github: LoopbackGitHub, console: Console
) -> None:
    stopped(console, github)
    (draft,) = github.repository.releases.values()
    assert draft.notes is not None
    draft.notes = draft.notes[: draft.notes.rindex("<!--")] + f"<!-- obrelease {'0' * 32} -->"
    assert console.answers("publish", TAG, "--abort")["removed"] == []
    assert list(github.repository.releases.values()) == [draft]


def test_a_public_release_is_never_removed(
    project: Project, github: LoopbackGitHub, console: Console
) -> None:
    console.answers("publish", TAG, "--remote", "origin")
    for _ in range(2):
        code, said = console.fails("publish", TAG, "--abort")
        assert (code, "nothing was removed" in said) == (ExitCode.CONFLICT, True)
    assert project.context().repo.local_tag(TAG) is not None
    assert [release.draft for release in github.repository.releases.values()] == [False]
    assert "<!-- obrelease" not in str([r.notes for r in github.repository.releases.values()])


@pytest.mark.parametrize(
    "wishes", [("--resume", "--abort"), ("--abort", "--dry-run"), ("--resume", "--dry-run")]
)
def test_wishes_that_do_not_go_together(project: Project, console: Console, wishes: tuple[str, ...]) -> None:
    assert console.fails("publish", TAG, *wishes)[0] == ExitCode.USAGE


def test_a_tag_that_an_immutable_release_used_is_refused_before_any_tag_is_made(
    project: Project, github: LoopbackGitHub, console: Console
) -> None:
    github.repository.burnt_tags.add(TAG)
    code, said = console.fails("publish", TAG, "--remote", "origin")
    assert (code, "immutable" in said, "new tag" in said) == (ExitCode.CONFLICT, True, True)
    assert project.context().repo.local_tag(TAG) is None
    assert project.remote_tag(TAG) == ""


def test_an_immutable_release_with_other_contents_is_found_before_any_write(
    project: Project, github: LoopbackGitHub, console: Console
) -> None:
    github.repository.makes_immutable = True
    console.answers("publish", TAG, "--remote", "origin")
    assert console.answers("publish", TAG)["uploaded"] == "already published"
    git(project.root, "tag", "--delete", TAG)
    git(project.remote, "tag", "--delete", TAG)
    Journal.of(project.root / ".git", TAG).remove()
    project.record("x100")
    github.seen.clear()
    code, said = console.fails("publish", TAG, "--remote", "origin")
    assert (code, "public and immutable" in said) == (ExitCode.CONFLICT, True)
    assert {seen.method for seen in github.seen} == {"GET"}


def test_a_commit_that_github_does_not_know_yet_gets_its_draft_after_the_tag(
    project: Project, github: LoopbackGitHub, console: Console
) -> None:
    class Pushed(set[str]):
        def __contains__(self, commit: object) -> bool:
            return project.remote_tag(TAG) == commit

    github.repository.known_commits = Pushed()
    assert console.answers("publish", TAG, "--remote", "origin")["uploaded"] == "published"
    assert github.count("POST", r"/releases$") == 2


@pytest.mark.parametrize(
    ("tag", "prerelease", "latest"),
    [(TAG, True, "false"), ("v1.0", False, "legacy"), ("v2.0rc1", True, "false")],
)
def test_prerelease_and_latest_come_from_the_tag(
    project: Project, github: LoopbackGitHub, console: Console, tag: str, prerelease: bool, latest: str
) -> None:
    console.answers("publish", tag, "--remote", "origin")
    (release,) = github.repository.releases.values()
    assert (release.prerelease, release.latest) == (prerelease, latest)


def test_a_long_wait_counts_down() -> None:
    said: list[str] = []
    waits: list[float] = []
    countdown(64.0, said.append, waits.append)
    assert [line.split()[2] for line in said] == ["64", "54", "44", "34", "24", "14"]
    assert sum(waits) == 64.0
    said.clear()
    countdown(4.0, said.append, waits.append)
    assert said == []
