"""Runs a workflow's jobs on this machine: `run:` blocks as they are, actions by `actions.py`.

It keeps what GitHub promises: each job starts in an empty workspace on a new interpreter, sees the
variables that GitHub sets and no others, and gets files of other jobs only as artifacts.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from tests.sigstore_authority import Authority, as_json, statement
from tests.workflows import actions

_EXPRESSION: Final = re.compile(r"\$\{\{ ([a-z0-9_.-]+) \}\}")
_SERVER: Final = "https://github.com"
_INHERITED: Final = ("PATH", "LANG", "TMPDIR")


GH_DOWNLOAD: Final = """cd "$RUNNER_TEMP/attestation"
gh attestation download "$RUNNER_TEMP/bundle/SHA256SUMS" --repo "$GITHUB_REPOSITORY\""""
DOWNLOADED: Final = """cd "$RUNNER_TEMP/attestation"
cp "$TEST_ATTESTATION" "sha256:$(sha256sum "$RUNNER_TEMP/bundle/SHA256SUMS" | cut -c1-64).jsonl"
echo "trusted_root = '$TEST_TRUSTED_ROOT'" >> policy.toml"""
"""The replacement of `GH_DOWNLOAD`: a bundle that `Runner` signed, and the root of its authority."""


class StepFailed(Exception):
    """A step ended with an exit code; the workflow stops here."""

    def __init__(self, job: str, step: str, code: int, output: str) -> None:
        super().__init__(f"{job} / {step}: exit code {code}\n{output}")
        self.job, self.step, self.code, self.output = job, step, code, output


@dataclass(frozen=True, slots=True)
class Event:
    """The tag that was pushed, and the GitHub it was pushed to."""

    remote: Path
    tag: str
    repository: str
    api: str
    token: str


@dataclass(slots=True)
class Runner:
    """A workflow on its way; `substitutes` maps a `run:` block to what runs in its place."""

    workflow: Mapping[str, Any]
    event: Event
    folder: Path
    substitutes: Mapping[str, str]
    action_path: Path = Path()
    workflow_name: str = ""
    attested: dict[str, str] = field(default_factory=dict)
    finished: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path, event: Event, folder: Path, substitutes: Mapping[str, str]) -> Runner:
        """A runner of one workflow file, in a folder that is new."""
        folder.mkdir()
        (folder / "artifacts").mkdir()
        workflow = yaml.safe_load(path.read_text("utf-8"))
        return cls(workflow, event, folder, substitutes, workflow_name=path.name)

    def run(self) -> None:
        """Run every job after those that it needs.

        Raises:
            StepFailed: a block ended with an exit code that is not 0.
        """
        for name in self.order():
            self.run_job(name)

    def order(self) -> list[str]:
        """The jobs, each after those that it needs."""
        ordered: list[str] = []
        waiting = dict(self.workflow["jobs"])
        while waiting:
            ready = [name for name, job in waiting.items() if _needs(job) <= set(ordered)]
            assert ready, f"jobs need each other: {sorted(waiting)}"
            for name in ready:
                ordered.append(name)
                del waiting[name]
        return ordered

    def run_job(self, name: str) -> None:
        """One job, by the first row of its matrix: the other rows differ in the machine alone."""
        job = self.workflow["jobs"][name]
        place = self.folder / name
        (place / "temp").mkdir(parents=True)
        (place / "home").mkdir()
        rows = job.get("strategy", {}).get("matrix", {}).get("include", [{}])
        known = self._contexts(job, place) | {f"matrix.{key}": value for key, value in rows[0].items()}
        for name_of_file in ("env", "output"):
            (place / name_of_file).write_text("")
        path = os.environ["PATH"]
        for step in job["steps"]:
            if "run" not in step:
                path = self._use(step, place, path, known)
                continue
            self._run_block(name, step, place, path, known)
            if "id" in step:
                known |= _step_outputs(step["id"], place / "output")
        for output, value in job.get("outputs", {}).items():
            self.outputs[f"needs.{name}.outputs.{output}"] = _expanded(value, known)
        self.finished.append(name)

    def _contexts(self, job: Mapping[str, Any], place: Path) -> dict[str, str]:
        """What expressions may name; the token is of no use where it may do nothing."""
        return self.outputs | {
            "github.ref": f"refs/tags/{self.event.tag}",
            "github.ref_name": self.event.tag,
            "github.token": self.event.token if job["permissions"].get("contents") else "none",
            "runner.temp": str(place / "temp"),
        }

    def _use(self, step: Mapping[str, Any], place: Path, path: str, known: Mapping[str, str]) -> str:
        """Carry out an action; returns the PATH of the steps after it."""
        action = step["uses"].partition("@")[0]
        options = {key: _expanded(value, known) for key, value in step.get("with", {}).items()}
        workspace, artifacts = place / "workspace", self.folder / "artifacts"
        if action == "actions/checkout":
            actions.checkout(options, self.event.remote, self.event.tag, workspace)
            return path
        workspace.mkdir(exist_ok=True)
        if action == "actions/setup-python":
            return f"{actions.setup_python(place / 'python')}{os.pathsep}{path}"
        if action == "actions/upload-artifact":
            actions.upload_artifact(options, workspace, artifacts)
        elif action == "actions/download-artifact":
            actions.download_artifact(options, workspace, artifacts)
        elif action == "actions/attest-build-provenance":
            self._attest(actions.subjects(options, workspace))
        else:
            raise AssertionError(f"nobody knows what {action} does")
        return path

    def _attest(self, subjects: Mapping[str, str]) -> None:
        """Sign as GitHub does, by an authority of the test: the signing service is out of reach."""
        authority, event = Authority(), self.event
        commit = actions.git(event.remote, "rev-parse", f"refs/tags/{event.tag}^{{commit}}")
        repository = f"{_SERVER}/{event.repository}"
        signer = authority.signer(f"{_SERVER}/{self._workflow_ref()}", source=(repository, commit))
        self.attested |= subjects
        (self.folder / "attested.json").write_text(json.dumps(self.attested), "utf-8")
        (self.folder / "root.json").write_bytes(authority.trusted_root())
        bundle = authority.attest(statement(subjects), signer)
        (self.folder / "attestation.jsonl").write_bytes(as_json(bundle) + b"\n")

    def _workflow_ref(self) -> str:
        return f"{self.event.repository}/.github/workflows/{self.workflow_name}@refs/tags/{self.event.tag}"

    def _run_block(
        self, job: str, step: Mapping[str, Any], place: Path, path: str, known: Mapping[str, str]
    ) -> None:
        own = {key: _expanded(value, known) for key, value in step.get("env", {}).items()}
        block = self.substitutes.get(step["run"].strip(), step["run"])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", block],
            cwd=place / "workspace",
            env={**self._environment(place), "PATH": path, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if self.event.token in done.stdout:
            raise AssertionError(f"{job} / {step['name']}: the token is in the log")
        if done.returncode:
            raise StepFailed(job, step["name"], done.returncode, done.stdout)

    def _environment(self, place: Path) -> dict[str, str]:
        """The variables of GitHub's runner that matter here; pip is kept from every index."""
        event = self.event
        variables = {key: os.environ[key] for key in _INHERITED if key in os.environ}
        return variables | {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": event.api,
            "GITHUB_ACTION_PATH": str(self.action_path),
            "GITHUB_ENV": str(place / "env"),
            "GITHUB_OUTPUT": str(place / "output"),
            "GITHUB_REF": f"refs/tags/{event.tag}",
            "GITHUB_REF_NAME": event.tag,
            "GITHUB_REF_TYPE": "tag",
            "GITHUB_REPOSITORY": event.repository,
            "GITHUB_SERVER_URL": _SERVER,
            "GITHUB_SHA": actions.git(event.remote, "rev-parse", f"refs/tags/{event.tag}^{{commit}}"),
            "GITHUB_WORKFLOW_REF": self._workflow_ref(),
            "GITHUB_WORKSPACE": str(place / "workspace"),
            "RUNNER_TEMP": str(place / "temp"),
            "HOME": str(place / "home"),
            "NO_PROXY": "*",
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "TEST_ATTESTATION": str(self.folder / "attestation.jsonl"),
            "TEST_ATTESTED": str(self.folder / "attested.json"),
            "TEST_TRUSTED_ROOT": str(self.folder / "root.json"),
        }


def run_blocks(workflow: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every `run:` block with the name of its job."""
    for name, job in workflow["jobs"].items():
        for step in job["steps"]:
            if "run" in step:
                yield name, step["run"].strip()


def _step_outputs(step: str, file: Path) -> dict[str, str]:
    """What the job's steps have written so far, as outputs of the step that ran last."""
    pairs = (line.partition("=") for line in file.read_text("utf-8").splitlines())
    return {f"steps.{step}.outputs.{key}": value for key, _, value in pairs}


def _needs(job: Mapping[str, Any]) -> set[str]:
    needs = job.get("needs", [])
    return {needs} if isinstance(needs, str) else set(needs)


def _expanded(value: Any, known: Mapping[str, str]) -> Any:
    """Fill in the expressions of a value; one that is not known is an error."""
    return _EXPRESSION.sub(lambda found: known[found[1]], value) if isinstance(value, str) else value
