"""`obrelease doctor`: what this installation sees of its surroundings, without printing a secret."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.output import counted, table
from obrelease.cli.console.settings import Settings
from obrelease.errors import CheckFailed, ObreleaseError

State = Literal["ok", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `note` is worth knowing, `bad` stands in the way of work."""

    subject: str
    state: State
    detail: str


@command("doctor")
def doctor(session: Session, results: ResultsOption = None) -> None:
    """Check the environment.

    Interpreter, git, compiler, engine cores, repository, results, forge, token source.
    Exit code 1 when something stands in the way.
    """
    settings = session.settings(results=results)
    findings = tuple(_look(settings))
    rows = [(finding.state, finding.subject, finding.detail) for finding in findings]
    session.out.result(
        {"findings": [asdict(finding) for finding in findings]},
        lambda: table(rows, ("STATE", "SUBJECT", "DETAIL")),
    )
    if bad := [finding.subject for finding in findings if finding.state == "bad"]:
        raise CheckFailed(f"not ready: {', '.join(bad)}", hint="the lines marked bad say what is missing")


def _look(settings: Settings) -> Iterator[Finding]:
    import platform

    from obrelease import __version__

    yield Finding("obrelease", "ok", f"{__version__}, Python {platform.python_version()}")
    yield _git()
    yield _compiler()
    yield from _cores()
    repository = _repository(settings)
    yield repository
    yield _results(settings)
    yield _token(settings)
    yield _forge(settings, in_repository=repository.state != "bad")


def _git() -> Finding:
    import subprocess

    path = shutil.which("git")
    if path is None:
        return Finding("git", "bad", "not found on PATH; install git")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=30)
    return Finding("git", "ok" if said.returncode == 0 else "bad", said.stdout.strip() or said.stderr.strip())


def _compiler() -> Finding:
    found = next((name for name in ("c++", "g++", "clang++") if shutil.which(name)), None)
    if found is None:
        return Finding("compiler", "note", "no C++ compiler on PATH; needed only to build the native core")
    return Finding("compiler", "ok", found)


def _cores() -> Iterator[Finding]:
    from obrelease.recorder import core_names, native_unavailable_reason

    reason = native_unavailable_reason()
    yield Finding("cores", "ok", ", ".join(core_names()))
    if reason is not None:
        yield Finding("native core", "note", f"absent, the reference core is used: {reason}")


def _repository(settings: Settings) -> Finding:
    """What `tag` and `publish` need: a work tree with a commit, and the remote that is named."""
    from obrelease.remote.git.repository import GitRepository

    try:
        repo = GitRepository.open(settings.root)
        try:
            commit = repo.head()
            if settings.remote:
                repo.remote_url(settings.remote)
            changes = len(repo.changes(settings.outputs_below(repo.root, settings.root / "dist")))
        finally:
            repo.close()
    except ObreleaseError as error:
        return Finding("repository", "bad", f"{error.message}; nothing can be tagged or published")
    where = f"{repo.root} at commit {commit[:9]}"
    if changes:
        return Finding(
            "repository", "note", f"{where}, {counted(changes, 'change')} to commit before a release"
        )
    return Finding("repository", "ok", where)


def _results(settings: Settings) -> Finding:
    try:
        registry = registry_of(settings, must_exist=False)
        if not registry.root.exists():
            return Finding("results", "note", f"{registry.root} is not there yet; the first run makes it")
        count = len(registry.find())
    except ObreleaseError as error:
        return Finding("results", "bad", error.message)
    return Finding("results", "ok", f"{registry.root} ({counted(count, 'run')})")


def _token(settings: Settings) -> Finding:
    if settings.token_source is not None:
        return Finding("token", "ok", f"from {settings.token_source}")
    state: State = "bad" if settings.forge == "github" else "note"
    return Finding("token", state, "none; the github forge wants OBRELEASE_TOKEN, GITHUB_TOKEN or GH_TOKEN")


def _forge(settings: Settings, *, in_repository: bool) -> Finding:
    if settings.forge == "directory":
        where = f"directory, in {settings.releases}"
        if settings.releases.exists() and not settings.releases.is_dir():
            return Finding("forge", "bad", f"{where}, which is not a folder")
        if not in_repository and settings.releases.is_relative_to(settings.root / ".git"):
            return Finding("forge", "bad", f"{where}, and there is no repository")
        return Finding("forge", "ok", where)
    if settings.repository is None:
        return Finding("forge", "bad", "github without a repository; set OBRELEASE_REPOSITORY=owner/name")
    return Finding("forge", "ok", f"github, {settings.repository} at {settings.api}")
