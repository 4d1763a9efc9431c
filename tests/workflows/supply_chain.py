"""The rules of the supply chain: what a job may install, and how it must be pinned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from tests.workflows.installs import Command, Job, installer, jobs

OWN: Final = "obrelease"
ACTION_OWNERS: Final = frozenset({"actions"})
INDEX_VARIABLES: Final = re.compile(r"^(PIP|UV|NPM_CONFIG|npm_config)_(?!NO_INDEX$)")

INTERPRETERS: Final = frozenset({"$python", "${PYTHON:-python3}"})

_VARIABLE: Final = re.compile(r"\$\{?\w+[^/]*")
_PINNED_ACTION: Final = re.compile(r"([\w.-]+)/[\w./-]+@[0-9a-f]{40}")
_OWN_ACTION: Final = re.compile(r"[\w.-]+/[\w.-]+/\.github/actions/(?:release|install)@[0-9a-f]{40}")
_LOCK: Final = re.compile(r"(?:^|/)locks/([a-z]+|\$lock)\.txt$")
_ENTRY: Final = re.compile(
    r"[a-z0-9-]+(?:\[[a-z0-9,-]+\])?==[^ ]+(?: ; [^\\]+?)?(?: --hash=sha256:[0-9a-f]{64})+"
)
_LOCK_OPTIONS: Final = ("--require-hashes", "--only-binary :all:")


def complaints(path: Path, root: Path) -> list[str]:
    """What a workflow or an action would install against the rules, as `rule: where: command`."""
    return [line for job in jobs(path) for line in job_complaints(job, root)]


_GH_THAT_INSTALLS_NOTHING = {
    ("attestation", "verify"),
    ("attestation", "download"),
    ("release", "edit"),
    ("release", "view"),
}


def job_complaints(job: Job, root: Path) -> Iterator[str]:
    """The complaints about one job."""
    for step in job.steps:
        yield from _action_complaints(job.name, step)
        yield from _variable_complaints(job.name, step.get("env", {}))
    yield from _variable_complaints(job.name, job.settings.get("env", {}))
    for key in ("container", "services"):
        if job.privileged and key in job.settings:
            yield f"container: {job.name}: an image in a job with a token"
    for command in job.commands(root):
        yield from (
            f"{rule}: {command.where}: {' '.join(command.words)}" for rule in broken_rules(command, job, root)
        )


def broken_rules(command: Command, job: Job, root: Path) -> Iterator[str]:
    """The rules that a command breaks."""
    words = command.words
    unknown = words[0] in {"unknown", "eval", "source", "."} or _VARIABLE.fullmatch(words[0])
    if unknown and words[0] not in INTERPRETERS and words[1:2] != ("=~",):
        yield "not resolved"
    if words[0] in {"sh", "bash"} and len(words) == 1:
        yield "pipe into a shell"
    found = installer(command)
    if found is None:
        return
    tool, arguments = found
    if tool in {"pip", "pip3"}:
        yield from _pip_rules(arguments, root)
    elif tool == "build":
        if "--no-isolation" not in arguments:
            yield "build isolation"
    elif tool == "cibuildwheel":
        yield from _cibuildwheel_rules(command, job, root)
    elif tool == "npm":
        yield from _npm_rules(arguments)
    elif tool == "apt-get":
        if job.privileged:
            yield "system package in a job with a token"
    elif not (tool == "gh" and arguments[:2] in _GH_THAT_INSTALLS_NOTHING):
        yield "tool"


def _pip_rules(arguments: tuple[str, ...], root: Path) -> Iterator[str]:
    """Either whole locks by hash, or our own distribution from this machine and nothing else."""
    verb = next((word for word in arguments if not word.startswith("-")), "")
    if verb not in {"install", "wheel", "download"}:
        return
    options = set(arguments)
    if {"--index-url", "-i", "--extra-index-url", "--trusted-host"} & options:
        yield "index"
    names = _requirement_files(arguments)
    own = {"--no-index", "--no-deps"} <= options
    if "--find-links" in options and "--require-hashes" not in options:
        yield "hashes"
    if not own and (not names or "--require-hashes" not in options):
        yield "hashes"
    for name in names:
        lock = _LOCK.search(name)
        if lock is not None:
            any_lock = sorted((root / "locks").glob("*.txt"))
            for path in any_lock if lock[1] == "$lock" else [root / "locks" / f"{lock[1]}.txt"]:
                yield from lock_complaints(path)
        elif not own:
            yield "requirement file that is not a lock"
    for word in _positional(arguments, verb):
        if not own or not (word in {".", "$root"} or word.endswith(f"/{OWN}-*.whl")):
            yield "name"
        elif not word.endswith(".whl") and "--no-build-isolation" not in options:
            yield "build isolation"


def _requirement_files(arguments: tuple[str, ...]) -> list[str]:
    return [value for option, value in pairwise(arguments) if option in {"-r", "--requirement"}]


def _positional(arguments: tuple[str, ...], verb: str) -> Iterator[str]:
    """The requirements among the arguments; values of options are left out."""
    valued = {
        "-r",
        "--requirement",
        "-c",
        "--constraint",
        "--find-links",
        "-w",
        "--wheel-dir",
        "--group",
        "-i",
    }
    valued |= {"--index-url", "--extra-index-url", "--only-binary", "--python", "--target"}
    after = arguments[arguments.index(verb) + 1 :]
    skip = False
    for word in after:
        if skip:
            skip = False
        elif word == "--group":
            yield word
        elif word in valued:
            skip = True
        elif not word.startswith("-") and not word.startswith((">", "2>", "<")):
            yield word


def _cibuildwheel_rules(command: Command, job: Job, root: Path) -> Iterator[str]:
    """It builds without isolation from the lock, and installs nothing to test."""
    variables = command.variables
    if "--no-build-isolation" not in variables.get("CIBW_BUILD_FRONTEND", ""):
        yield "build isolation"
    before = Command(command.where, tuple(variables.get("CIBW_BEFORE_BUILD", "").split()), {})
    if not before.words or list(broken_rules(before, job, root)):
        yield "hashes"
    if any(name.startswith(("CIBW_TEST_", "CIBW_BEFORE_ALL", "CIBW_BEFORE_TEST")) for name in variables):
        yield "tests with dependencies by name"


def _npm_rules(arguments: tuple[str, ...]) -> Iterator[str]:
    if arguments[:1] != ("ci",) or "--ignore-scripts" not in arguments:
        yield "npm"


def lock_complaints(path: Path) -> list[str]:
    """What keeps a lock from binding everything by hash."""
    if not path.is_file():
        return ["lock is missing"]
    lines = path.read_text("utf-8").replace(" \\\n   ", "").splitlines()
    lines = [line for line in lines if not line.startswith("#")]
    found = [f"lock lacks {option}" for option in _LOCK_OPTIONS if option not in lines]
    entries = [line for line in lines if line not in _LOCK_OPTIONS]
    found += [f"lock entry: {line[:60]}" for line in entries if not _ENTRY.fullmatch(line)]
    return found + [f"lock installs {OWN} by name" for line in entries if line.startswith(f"{OWN}==")]


def _action_complaints(where: str, step: Mapping[str, Any]) -> Iterator[str]:
    uses = step.get("uses")
    if uses is None:
        return
    pinned = _PINNED_ACTION.fullmatch(uses)
    if pinned is None:
        yield f"action not pinned: {where}: {uses}"
    elif pinned[1] not in ACTION_OWNERS and not _OWN_ACTION.fullmatch(uses):
        yield f"action of another owner: {where}: {uses}"
    for key in ("pip-install", "cache"):
        if key in step.get("with", {}):
            yield f"action installs: {where}: {key}"


def _variable_complaints(where: str, variables: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"index: {where}: {name}" for name in variables if INDEX_VARIABLES.match(name))
