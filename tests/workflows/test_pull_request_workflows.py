"""The workflows of `init --pull-request`, from a pull request of a fork to the comment on it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import yaml

from obrelease.api.set_up_project import scaffold
from obrelease.errors import UsageError
from obrelease.release.init_project import WORKFLOW
from obrelease.release.optional_workflows import PAGES, PULL_REQUEST, workflow_path
from tests.loopback_github.running import REPOSITORY
from tests.loopback_github.server import TOKEN, LoopbackGitHub
from tests.unit.release.project import git
from tests.workflows.linters import complaints, house_rules
from tests.workflows.pull_request_jobs import JobResult, Machine, PullRequest

ACTION: Final = f"owner/obrelease@{'ab' * 20}"
SETTINGS: Final = """
[tool.obrelease.benchmark.count]
run = "sh bench.sh"
format = "custom-smaller-is-better"
runs = 4

[tool.obrelease.benchmark.other]
run = "cat other.json"
format = "custom-smaller-is-better"
runs = 4
"""
BENCH: Final = """\
if env | grep -q TOKEN; then exit 9; fi
cat count.json
"""
HEAD: Final = "somebody:feature/it's `quick`"


def result(name: str, value: int) -> str:
    return f'[{{"name": "{name}", "unit": "instructions", "value": {value}}}]'


@dataclass(slots=True)
class Scratch:
    """A project that `init --pull-request` set up, its remote, and a pull request of a fork."""

    root: Path
    machine: Machine
    github: LoopbackGitHub
    target: str
    head: str = HEAD

    def push(self, value: int) -> PullRequest:
        """Push a commit of the fork in which the benchmark counts `value` instructions."""
        (self.root / "count.json").write_text(result("parse", value))
        git(self.root, "commit", "--quiet", "--all", "--allow-empty", f"--message=count {value}")
        git(self.root, "push", "--quiet", "--force", "origin", "HEAD:refs/pull/7/head")
        commit = git(self.root, "rev-parse", "HEAD")
        self.github.repository.pulls.clear()
        self.github.repository.add_pull_request(7, self.head, commit)
        return PullRequest(self.head, commit, self.target)

    def measure(self, pull: PullRequest) -> JobResult:
        """The workflow that runs code of the pull request."""
        shutil.rmtree(self.machine.folder / "artifacts", ignore_errors=True)
        return self.machine.run(self.root / workflow_path("pull-request"), pull)

    def comment(self, pull: PullRequest) -> JobResult:
        """The workflow that holds a token."""
        return self.machine.run(self.root / workflow_path("comment"), pull)

    def comments(self) -> list[str]:
        return [comment["body"].partition("\n")[2] for comment in self.github.repository.comments]


@pytest.fixture
def scratch(tmp_path: Path, github: LoopbackGitHub, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    for name in ("RESULTS", "REPOSITORY", "PROJECT", "API", "TOKEN"):
        monkeypatch.delenv(f"OBRELEASE_{name}", raising=False)
    root, remote = tmp_path / "parser", tmp_path / "remote.git"
    root.mkdir()
    git(tmp_path, "init", "--quiet", "--bare", str(remote))
    git(remote, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "remote", "add", "origin", str(remote))
    scaffold(root, action=ACTION, pull_request=True)
    with (root / "obrelease.toml").open("a") as settings:
        settings.write(SETTINGS)
    (root / "bench.sh").write_text(BENCH)
    (root / "count.json").write_text(result("parse", 1_000_000))
    (root / "other.json").write_text(result("print", 700))
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=a parser")
    git(root, "push", "--quiet", "origin", "main")
    (tmp_path / "runner").mkdir()
    machine = Machine(remote, REPOSITORY, github.api, TOKEN, tmp_path / "runner")
    return Scratch(root, machine, github, git(root, "rev-parse", "HEAD"))


def test_it_is_silent_without_a_change_comments_on_a_regression_and_updates_the_comment(
    scratch: Scratch,
) -> None:
    same = scratch.push(1_000_000)
    assert (scratch.measure(same).failed, scratch.machine.summary()) == (None, "Benchmarks: 2 same\n")
    assert scratch.comment(same).failed is None
    assert scratch.comments() == []

    slower = scratch.push(1_200_000)
    measured = scratch.measure(slower)
    assert measured.failed == "Exit by the policy"
    assert "::warning title=parse is worse::parse: 1.200 times the base" in measured.log
    assert scratch.machine.summary() == scratch.machine.report().read_text()
    assert scratch.comment(slower).failed is None
    (comment,) = scratch.comments()
    assert comment.startswith("### Benchmarks: 1 worse, 1 same\n")
    (row,) = (line for line in comment.splitlines() if "worse |" in line)
    assert row.endswith("| 1.200 | 1.200 to 1.200 | ▲ worse |")
    assert slower.commit[:9] in comment

    assert scratch.comment(same).failed is None
    assert scratch.comments() == [comment], "the report of an older commit updates nothing"

    repaired = scratch.push(1_000_001)
    assert scratch.measure(repaired).failed is None
    assert scratch.comment(repaired).failed is None
    assert scratch.comments() == ["Benchmarks: 2 same\n"]


def test_no_block_of_the_first_workflow_gets_a_token_and_one_of_the_second_does(scratch: Scratch) -> None:
    """The benchmark itself fails if its environment names a token."""
    pull = scratch.push(1_000_000)
    assert scratch.measure(pull).failed is None
    assert len(scratch.machine.environments) == 3
    assert not any(TOKEN in each.values() for each in scratch.machine.environments)
    assert scratch.github.seen == []
    scratch.machine.environments.clear()
    scratch.comment(pull)
    assert [each.get("OBRELEASE_TOKEN") for each in scratch.machine.environments] == [TOKEN]
    for name, written in (("pull-request", set()), ("comment", {"pull-requests"})):
        workflow = yaml.safe_load((scratch.root / workflow_path(name)).read_text("utf-8"))
        (job,) = workflow["jobs"].values()
        assert workflow["permissions"] == {}
        assert {key for key, value in job["permissions"].items() if value == "write"} == written


def artifact(scratch: Scratch, text: str) -> PullRequest:
    """A pull request whose first workflow left this report."""
    pull = scratch.push(1_000_000)
    scratch.machine.report().parent.mkdir(parents=True)
    scratch.machine.report().write_text(text)
    return pull


def test_a_report_that_is_too_long_is_no_comment(scratch: Scratch) -> None:
    found = scratch.comment(artifact(scratch, "two\nlines " + "x" * 65_536))
    assert found.failed == "Make or update the comment"
    assert scratch.comments() == []


def test_a_hostile_report_is_text_and_notifies_nobody(scratch: Scratch) -> None:
    hostile = "### @everyone $(touch made) `touch made`\n\n::set-output name=x::y\n"
    assert scratch.comment(artifact(scratch, hostile)).failed is None
    assert scratch.comments() == [hostile.replace("@", "&#64;")]
    assert not list(scratch.machine.folder.rglob("made"))


def test_without_a_report_there_is_no_comment_and_no_failure(scratch: Scratch) -> None:
    found = scratch.comment(scratch.push(1_000_000))
    assert (found.failed, found.skipped) == (None, ("Make or update the comment",))
    assert scratch.github.seen == []


def test_a_benchmark_that_fails_fails_the_job_and_leaves_no_report(scratch: Scratch) -> None:
    (scratch.root / "bench.sh").write_text("exit 1\n")
    found = scratch.measure(scratch.push(1_000_000))
    assert found.failed == "Measure the merge base and the pull request in turn"
    assert "::error title=benchmarks::nothing was compared" in found.log
    assert "bench.sh" in found.log
    assert not scratch.machine.report().exists()


@pytest.mark.parametrize("name", [*PULL_REQUEST, *PAGES])
def test_what_is_written_passes_the_linters_and_a_second_run_changes_nothing(
    name: str, tmp_path: Path
) -> None:
    git(tmp_path, "init", "--quiet")
    first = scaffold(tmp_path, action=ACTION, pull_request=True, pages=True)
    assert {change.state for change in first.changes} == {"new"}
    path = tmp_path / f".github/workflows/benchmarks-{name}.yml"
    assert complaints(path) == []
    assert f"owner/obrelease/.github/actions/install@{'ab' * 20}" in path.read_text("utf-8")
    again = scaffold(tmp_path, pull_request=True, pages=True)
    assert {change.state for change in again.changes} == {"same"}


def test_they_are_written_only_if_asked_for_and_not_without_a_commit_to_install(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.raises(UsageError, match="not known"):
        scaffold(tmp_path, pages=True)
    assert not (tmp_path / ".github").exists()
    written = scaffold(tmp_path, action=ACTION, pull_request=True, dry_run=True)
    assert [change.path for change in written.changes] == [
        ".github/gate-policy.toml",
        *(workflow_path(name) for name in sorted(PULL_REQUEST)),
        "obrelease.toml",
        "results/.gitattributes",
        "results/.gitignore",
    ]
    beside = scaffold(tmp_path, action=ACTION, pull_request=True, beside="gh", dry_run=True)
    assert WORKFLOW in {change.path for change in beside.changes}
    scaffold(tmp_path, action=ACTION)
    assert [path.name for path in (tmp_path / ".github/workflows").iterdir()] == ["benchmarks-release.yml"]


@pytest.mark.parametrize(
    ("written", "instead", "complaint"),
    [
        (
            "      - name: Install obrelease\n",
            "      - uses: actions/checkout@v4\n        with:\n          persist-credentials: false\n"
            "      - name: Install obrelease\n",
            "house: trigger: comment checks out",
        ),
        (
            'comment "$RUNNER_TEMP/report/report.md"',
            'comment x; sh "$RUNNER_TEMP/report/run.sh"',
            "house: trigger: comment runs a program",
        ),
        ('--head "$HEAD"', '--head "${{ github.event.workflow_run.head_branch }}"', "house: injection"),
        ("pull-requests: write", "contents: write", "house: token: comment can write"),
    ],
    ids=["checkout", "program", "injection", "token"],
)
def test_faults_in_the_workflow_with_the_token_are_found(
    written: str, instead: str, complaint: str, tmp_path: Path
) -> None:
    git(tmp_path, "init", "--quiet")
    scaffold(tmp_path, action=ACTION, pull_request=True)
    text = (tmp_path / workflow_path("comment")).read_text("utf-8")
    assert text.count(written) == 1
    found = house_rules(text.replace(written, instead))
    assert any(line.startswith(complaint) for line in found), found
