"""What this installation finds in its environment, without printing a secret."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from obrelease.api.project import Project, ProjectLike, git_folder, project_of
from obrelease.api.project_forge import require_trusted_api
from obrelease.errors import CheckFailed, ObreleaseError, UsageError
from obrelease.registry.source_changes import source_changes
from obrelease.registry.store import Registry
from obrelease.remote.git.repository import GitRepository
from obrelease.storage.operating_system import missing_features, system_name
from obrelease.version import VERSION

State = Literal["ok", "note", "bad"]

_GIT_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class EnvironmentFinding:
    """One thing that was checked. `note` is worth knowing, `bad` prevents work."""

    subject: str
    state: State
    detail: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that was checked."""

    findings: tuple[EnvironmentFinding, ...]

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease doctor --json` prints."""
        return {"findings": [asdict(finding) for finding in self.findings]}

    def require_ready(self) -> None:
        """Raise if something prevents work.

        Raises:
            CheckFailed: names it.
        """
        if bad := [finding.subject for finding in self.findings if finding.state == "bad"]:
            raise CheckFailed(f"not ready: {', '.join(bad)}", hint="the lines marked bad say what to fix")


def diagnose(project: ProjectLike = ".") -> Diagnosis:
    """Check the interpreter, git, compiler, engine cores, repository, results, token and forge."""
    return Diagnosis(tuple(_findings(project_of(project))))


def _findings(project: Project) -> Iterator[EnvironmentFinding]:
    yield EnvironmentFinding("obrelease", "ok", f"{VERSION}, Python {platform.python_version()}")
    yield _operating_system()
    yield _git()
    yield _compiler()
    yield from _cores()
    repository = _repository(project)
    yield repository
    yield _results(project)
    yield _token(project)
    yield _forge(project, in_repository=repository.state != "bad")


def _operating_system() -> EnvironmentFinding:
    """The operating system, with what it lacks in comparison with Linux."""
    name, lacks = system_name(), missing_features()
    detail = f"{name} {platform.machine()}"
    if lacks:
        return EnvironmentFinding("system", "note", f"{detail}; {'; '.join(lacks)}")
    return EnvironmentFinding("system", "ok", detail)


def _git() -> EnvironmentFinding:
    path = shutil.which("git")
    if path is None:
        return EnvironmentFinding("git", "bad", "not found on PATH; install git")
    done = subprocess.run(
        [path, "--version"], capture_output=True, text=True, check=False, timeout=_GIT_TIMEOUT_S
    )
    state: State = "ok" if done.returncode == 0 else "bad"
    return EnvironmentFinding("git", state, done.stdout.strip() or done.stderr.strip())


def _compiler() -> EnvironmentFinding:
    found = next((name for name in ("c++", "g++", "clang++") if shutil.which(name)), None)
    if found is None:
        return EnvironmentFinding(
            "compiler", "note", "no C++ compiler on PATH; needed only to build the native core"
        )
    return EnvironmentFinding("compiler", "ok", found)


def _cores() -> Iterator[EnvironmentFinding]:
    from obrelease.recorder.engine_adapter import core_names, native_unavailable_reason

    reason = native_unavailable_reason()
    yield EnvironmentFinding("cores", "ok", ", ".join(core_names()))
    if reason is not None:
        yield EnvironmentFinding("native core", "note", f"absent, the reference core is used: {reason}")


def _repository(project: Project) -> EnvironmentFinding:
    """What `tag` and `publish` need: a work tree with a commit, and the remote that is configured."""
    try:
        with GitRepository.open(project.root) as repo:
            root, commit = repo.root, repo.head()
            if project.remote:
                repo.remote_url(project.remote)
            outputs = project.outputs_below(root, project.root / "dist")
            changes = len(source_changes(repo, Registry(project.results), outputs))
    except ObreleaseError as error:
        detail = f"{error.message}; nothing can be tagged or published"
        return EnvironmentFinding("repository", "bad", detail)
    place = f"{root} at commit {commit[:9]}"
    if changes:
        plural = "" if changes == 1 else "s"
        detail = f"{place}, {changes:,} change{plural} to commit before a release"
        return EnvironmentFinding("repository", "note", detail)
    return EnvironmentFinding("repository", "ok", place)


def _results(project: Project) -> EnvironmentFinding:
    try:
        registry = Registry(project.results_folder(must_exist=False))
        if not registry.root.exists():
            return EnvironmentFinding(
                "results", "note", f"{registry.root} does not exist yet; the first run creates it"
            )
        count = len(registry.find())
    except ObreleaseError as error:
        return EnvironmentFinding("results", "bad", error.message)
    return EnvironmentFinding("results", "ok", f"{registry.root} ({count:,} run{'' if count == 1 else 's'})")


def _token(project: Project) -> EnvironmentFinding:
    if project.token_source is not None:
        return EnvironmentFinding("token", "ok", f"from {project.token_source}")
    state: State = "bad" if project.forge == "github" else "note"
    return EnvironmentFinding(
        "token", state, "none; the github forge needs OBRELEASE_TOKEN, GITHUB_TOKEN or GH_TOKEN"
    )


def _forge(project: Project, *, in_repository: bool) -> EnvironmentFinding:
    if project.forge == "directory":
        place = f"directory, in {project.releases}"
        if project.releases.exists() and not project.releases.is_dir():
            return EnvironmentFinding("forge", "bad", f"{place}, which is not a folder")
        if not in_repository and project.releases.is_relative_to(git_folder(project.root)):
            return EnvironmentFinding("forge", "bad", f"{place}, and there is no repository")
        return EnvironmentFinding("forge", "ok", place)
    if project.repository is None:
        return EnvironmentFinding(
            "forge", "bad", "github without a repository; set OBRELEASE_REPOSITORY=owner/name"
        )
    try:
        require_trusted_api(project)
    except UsageError as error:
        return EnvironmentFinding("forge", "bad", error.message)
    return EnvironmentFinding("forge", "ok", f"github, {project.repository} at {project.api}")
