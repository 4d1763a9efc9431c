"""Runs the jobs of the two workflows for pull requests on this machine, each block as it is written.

The first gets no token at all, the second only what its steps name. Artifacts go through a folder.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from tests.program import ROOT, START, import_path
from tests.workflows import actions

_EXPRESSION: Final = re.compile(r"\$\{\{ ([a-z0-9_.-]+) \}\}")
_INSTALL: Final = "/.github/actions/install"
_INHERITED: Final = ("PATH", "LANG", "MPLCONFIGDIR")


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request at one commit; its head is a branch of a fork, `OWNER:BRANCH`."""

    head: str
    commit: str
    target: str


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended.

    Attributes:
        failed: the name of the step that failed; None if all passed.
        log: what all blocks printed.
        skipped: names of steps whose condition was false.
    """

    failed: str | None
    log: str
    skipped: tuple[str, ...]


@dataclass(slots=True)
class Machine:
    """A runner of GitHub: the repository, its API, and the artifacts of the last workflow."""

    remote: Path
    repository: str
    api: str
    token: str
    folder: Path
    environments: list[dict[str, str]] = field(default_factory=list)
    jobs: int = 0

    def run(self, workflow: Path, pull: PullRequest) -> JobResult:
        """Run the one job of a workflow on a new machine."""
        (job,) = yaml.safe_load(workflow.read_text("utf-8"))["jobs"].values()
        self.jobs += 1
        place = self.folder / f"job{self.jobs}"
        for name in ("temp", "home"):
            (place / name).mkdir(parents=True)
        for name in ("output", "summary"):
            (place / name).write_text("")
        known = self._contexts(pull, place)
        log, skipped, outcome = "", [], {}
        failed: str | None = None
        for step in job["steps"]:
            name = step.get("name", step.get("uses", ""))
            if not _condition(step.get("if"), outcome):
                skipped.append(name)
                continue
            if "run" not in step:
                passed = self._use(step, place, pull, known)
            else:
                code, printed = self._run_block(step, place, known)
                log, passed = log + printed, code == 0
                known |= _outputs(step.get("id", ""), place / "output")
            outcome[step.get("id", "")] = passed
            if not passed and not step.get("continue-on-error"):
                failed = name
                break
        return JobResult(failed, log, tuple(skipped))

    def summary(self) -> str:
        """The summary of the last job."""
        return (self.folder / f"job{self.jobs}" / "summary").read_text("utf-8")

    def report(self) -> Path:
        """The report that was kept as an artifact."""
        return self.folder / "artifacts" / "benchmarks-report" / "report.md"

    def _contexts(self, pull: PullRequest, place: Path) -> dict[str, str]:
        owner, _, branch = pull.head.partition(":")
        event = "github.event.workflow_run"
        return {
            "github.token": self.token,
            "runner.temp": str(place / "temp"),
            "github.event.pull_request.head.sha": pull.commit,
            "github.event.pull_request.base.sha": pull.target,
            f"{event}.id": "7001",
            f"{event}.head_repository.owner.login": owner,
            f"{event}.head_branch": branch,
            f"{event}.head_sha": pull.commit,
        }

    def _use(self, step: Mapping[str, Any], place: Path, pull: PullRequest, known: Mapping[str, str]) -> bool:
        action = step["uses"].partition("@")[0]
        options = {key: _expanded(value, known) for key, value in step.get("with", {}).items()}
        workspace, artifacts = place / "workspace", self.folder / "artifacts"
        artifacts.mkdir(exist_ok=True)
        if action == "actions/checkout":
            assert (options["ref"], options["fetch-depth"]) == (pull.commit, 0)
            assert options["persist-credentials"] is False
            workspace.mkdir()
            actions.git(workspace, "init", "--quiet")
            actions.git(workspace, "remote", "add", "origin", str(self.remote))
            actions.git(workspace, "fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*")
            actions.git(workspace, "fetch", "--quiet", "origin", pull.commit)
            actions.git(workspace, "checkout", "--quiet", "--detach", pull.commit)
            return True
        workspace.mkdir(exist_ok=True)
        if action.endswith(_INSTALL):
            _install(place / "temp" / "obrelease" / "bin")
        elif action == "actions/upload-artifact":
            actions.upload_artifact(options, workspace, artifacts)
        elif action == "actions/download-artifact":
            assert (options["run-id"], options["github-token"]) == ("7001", self.token)
            try:
                actions.download_artifact(options, workspace, artifacts)
            except FileNotFoundError:
                return False
        else:
            assert action == "actions/setup-python", action
        return True

    def _run_block(self, step: Mapping[str, Any], place: Path, known: Mapping[str, str]) -> tuple[int, str]:
        own = {key: _expanded(value, known) for key, value in step.get("env", {}).items()}
        variables = {key: os.environ[key] for key in _INHERITED if key in os.environ} | {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.api,
            "GITHUB_OUTPUT": str(place / "output"),
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_STEP_SUMMARY": str(place / "summary"),
            "HOME": str(place / "home"),
            "NO_PROXY": "*",
            "RUNNER_TEMP": str(place / "temp"),
            "TMPDIR": str(place / "temp"),
        }
        self.environments.append(variables | own)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=place / "workspace",
            env=variables | own,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert self.token not in done.stdout
        return done.returncode, done.stdout


def _install(folder: Path) -> None:
    """The program of this checkout, where the action would install it."""
    folder.mkdir(parents=True)
    places = import_path(ROOT, ROOT / "engine").split(os.pathsep)
    launcher = folder / "obrelease"
    code = f"import sys\nsys.path[:0] = {places!r}\n{actions.LOOPBACK_HOSTS}\n{START}\n"
    launcher.write_text(f"#!{sys.executable} -P\n{code}", "utf-8")
    launcher.chmod(0o755)


def _condition(text: str | None, outcome: Mapping[str, bool]) -> bool:
    if text is None:
        return True
    found = re.fullmatch(r"steps\.(\w+)\.outcome == 'success'", text)
    assert found, text
    return outcome[found[1]]


def _outputs(step: str, file: Path) -> dict[str, str]:
    pairs = (line.partition("=") for line in file.read_text("utf-8").splitlines())
    return {f"steps.{step}.outputs.{key}": value for key, _, value in pairs}


def _expanded(value: Any, known: Mapping[str, str]) -> Any:
    return _EXPRESSION.sub(lambda found: known[found[1]], value) if isinstance(value, str) else value
