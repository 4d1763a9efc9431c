"""Who measured: this program, or the caller's, and the commit of its sources."""

from __future__ import annotations

from obrelease.api.project import Project
from obrelease.errors import NotFound, ObreleaseError
from obrelease.models.artefact import Producer
from obrelease.recorder.source_digest import native_build_for, source_mismatch, sources_digest
from obrelease.registry.source_changes import source_changes
from obrelease.registry.store import Registry
from obrelease.remote.git.repository import GitRepository
from obrelease.storage.reporter import Reporter
from obrelease.version import VERSION


def this_program(project: Project, reporter: Reporter, core: str = "auto") -> Producer:
    """This program by the digest of its sources, and their commit if the project's tree holds just these."""
    commit, dirty = _commit_of_own_sources(project, reporter, core)
    build = native_build_for(core)
    return Producer(
        name="obrelease",
        version=VERSION,
        commit=commit,
        dirty=dirty,
        sources_digest=sources_digest(),
        core_digest=build.sources_digest if build else None,
    )


def commit_of(project: Project) -> tuple[str, bool]:
    """The commit of the project's work tree, and whether its sources have uncommitted changes.

    Raises:
        NotFound: not in a git repository, or no commit yet.
        RemoteError: git failed.
    """
    with GitRepository.open(project.root) as repo:
        changes = source_changes(repo, Registry(project.results), project.outputs_below(repo.root))
        return repo.head(), bool(changes)


def _commit_of_own_sources(project: Project, reporter: Reporter, core: str) -> tuple[str | None, bool | None]:
    if not (project.root / ".git").exists():
        return None, None
    try:
        other = source_mismatch(project.root, core)
        if other is not None:
            if other:
                reporter.warn(f"the run will not name its commit: {other}")
            return None, None
        return commit_of(project)
    except NotFound:
        return None, None
    except ObreleaseError as error:
        reporter.warn(f"the run will not name its commit: {error.message}")
        return None, None
