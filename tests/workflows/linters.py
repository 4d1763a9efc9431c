"""The linters of workflows: zizmor, the published schema, and our own rules."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

TOOLS: Final = Path(sys.executable).parent
MOST_MINUTES: Final = 60

_PINNED: Final = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*\s*$")
_OWN_ACTION: Final = re.compile(r"uses: [\w.-]+/[\w.-]+/\.github/actions/(?:release|install)@[0-9a-f]{40}$")
_USES: Final = re.compile(r"^\s*(- )?uses: (?!\./)", re.MULTILINE)
_FORBIDDEN_TRIGGERS: Final = frozenset({"pull_request_target", "issue_comment"})


def complaints(path: Path) -> list[str]:
    """All findings about a workflow or an action, as `linter: rule: message`."""
    return [*zizmor(path), *schema(path), *house_rules(path.read_text("utf-8"))]


def zizmor(path: Path) -> list[str]:
    """The findings of zizmor's strictest persona, without the network."""
    done = subprocess.run(
        [
            str(TOOLS / "zizmor"),
            "--offline",
            "--no-progress",
            "--color=never",
            "--persona=auditor",
            str(path),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^\w+\[([a-z-]+)\]: (.*)$", done.stdout, re.MULTILINE)
    if (done.returncode and not found) or "failed to parse" in done.stderr:
        return [f"zizmor: failed: {done.stderr.strip()}"]
    return [f"zizmor: {rule}: {words}" for rule, words in found]


def schema(path: Path) -> list[str]:
    """What the schema store's schema of workflows or of actions refuses."""
    kind = "github-actions" if path.name.startswith("action.") else "github-workflows"
    done = subprocess.run(
        [str(TOOLS / "check-jsonschema"), "--builtin-schema", f"vendor.{kind}", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    return [f"schema: {kind}: {done.stdout.strip()}"] if done.returncode else []


def house_rules(text: str) -> list[str]:
    """The rules that no tool has: what each job may hold, and for how long."""
    document = yaml.safe_load(text)
    return [f"house: {line}" for line in (*_text_rules(text), *_rules(document))]


def _text_rules(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if _USES.match(line) and not _PINNED.search(line) and not _OWN_ACTION.search(line):
            yield f"pinned: not a full commit with its version in a comment: {line.strip()}"


def _rules(document: Mapping[Any, Any]) -> Iterator[str]:
    if "jobs" not in document:
        yield from _step_rules("action", document["runs"]["steps"])
        return
    triggers = document[True]
    after_another = "workflow_run" in triggers
    if after_another:
        yield from _code_rules(document["jobs"])
    forbidden = _FORBIDDEN_TRIGGERS & set(triggers)
    yield from (f"trigger: {name}" for name in sorted(forbidden))
    if document.get("permissions") != {}:
        yield "permissions: the workflow must hold none, each job its own"
    publishes = "tags" in (triggers.get("push") or {})
    for name, job in document["jobs"].items():
        minutes = job.get("timeout-minutes")
        if not isinstance(minutes, int) or minutes > MOST_MINUTES:
            yield f"timeout: {name} has none under {MOST_MINUTES} minutes"
        yield from _step_rules(name, job["steps"])
        yield from _token_rules(name, job, after_another=after_another)
        if publishes and "cache" in yaml.safe_dump(job["steps"]):
            yield f"cache: {name} may build from what another run left"


def _step_rules(name: str, steps: list[dict[str, Any]]) -> Iterator[str]:
    for step in steps:
        if "${{" in step.get("run", ""):
            yield f"injection: {name}: an expression is pasted into a shell: {step['run'].strip()}"
        checks_out = step.get("uses", "").startswith("actions/checkout@")
        if checks_out and step.get("with", {}).get("persist-credentials") is not False:
            yield f"credentials: {name} leaves the token in .git/config"


def _code_rules(jobs: Mapping[str, Any]) -> Iterator[str]:
    """What follows another workflow may be started by a fork: no code of a repository, no caller's script."""
    for name, job in jobs.items():
        for step in job["steps"]:
            if "actions/checkout@" in step.get("uses", ""):
                yield f"trigger: {name} checks out a repository after another workflow"
            tokens = "github.token" in str(step.get("env", {})) or "secrets." in str(step.get("env", {}))
            words = set(re.findall(r"[\w./$-]+", step.get("run", "")))
            if tokens and not words.isdisjoint({"bash", "sh", "eval", "source", "python", "make", "chmod"}):
                yield f"trigger: {name} runs a program of another workflow with a token"


def _token_rules(name: str, job: Mapping[str, Any], *, after_another: bool) -> Iterator[str]:
    """A write token is in a job of its own: after other jobs, behind an environment, or without a shell."""
    permissions = job.get("permissions")
    if not isinstance(permissions, dict):
        yield f"token: {name} does not list what its token may do"
        return
    written = {key for key, value in permissions.items() if value == "write"}
    if not written or (after_another and written == {"pull-requests"}):
        return
    if not job.get("needs"):
        yield f"token: {name} can write, and needs no check before it"
    if written == {"contents"}:
        if not job.get("environment"):
            yield f"token: {name} can write without an environment that guards it"
    elif written == {"id-token"}:
        if not job.get("environment"):
            yield f"token: {name} can publish without an environment that guards it"
        checked_out = [step.get("with", {}) for step in job["steps"] if "checkout" in step.get("uses", "")]
        if any(each.get("sparse-checkout") != "locks" for each in checked_out):
            yield f"token: {name} can publish, and has code of the repository"
    elif written in ({"id-token", "attestations"}, {"id-token", "pages"}):
        if any("run" in step or "checkout" in step.get("uses", "") for step in job["steps"]):
            yield f"token: {name} can sign, and runs code of the repository"
    else:
        yield f"token: {name} can write {', '.join(sorted(written))}"
