"""The forge of a project, and the host that its token is sent to."""

from __future__ import annotations

from urllib.parse import urlsplit

from obrelease.api.project import GITHUB_API, Project
from obrelease.errors import UsageError
from obrelease.remote.forge.limits import GITHUB_LIMITS, ForgeLimits
from obrelease.remote.forge.protocol import Forge
from obrelease.remote.git.remote_tags import HostedRepository
from obrelease.remote.open_forge import open_forge
from obrelease.remote.plain_addresses import host_of, is_same_origin
from obrelease.storage.reporter import Reporter


def forge_of(project: Project, reporter: Reporter) -> Forge:
    """The forge of a project; nothing is sent yet.

    Args:
        reporter: receives the time that is left while GitHub's rate limits make us wait.

    Raises:
        UsageError: as `open_forge` and `require_trusted_api`.
    """
    require_trusted_api(project)
    return open_forge(
        project.forge,
        releases=project.releases,
        repository=project.repository,
        token=project.token,
        api=project.api,
        note=reporter.note,
    )


def limits_of(project: Project, remote_address: str | None) -> ForgeLimits | None:
    """What the forge accepts that a release is meant for; None if it has no limits of its own.

    A tag is often made here and published by a workflow on GitHub: so a known repository on GitHub counts.

    Args:
        remote_address: the address of the git remote that the tag is pushed to, or None.
    """
    on_github = project.repository is not None or "github.com" in (remote_address or "")
    return GITHUB_LIMITS if project.forge == "github" or on_github else None


def hosted_repository(project: Project) -> HostedRepository | None:
    """The repository on GitHub, by which its git remote is found; None if none is named."""
    if project.repository is None:
        return None
    host = urlsplit(project.api).hostname or ""
    return HostedRepository(host.removeprefix("api."), project.repository)


def require_trusted_api(project: Project) -> None:
    """Refuse a project whose settings file names another API host than the environment.

    A token is bound to the host that the user named. A file of the tree may repeat that host, or
    name GitHub's own; the token is sent to the user's choice in both cases.

    Raises:
        UsageError: the file names a third host; the message has both.
    """
    declared = project.declared_api
    if project.forge != "github" or declared is None:
        return
    if not any(is_same_origin(declared, trusted) for trusted in (project.api, GITHUB_API)):
        raise UsageError(
            f"[tool.obrelease] names the API host {host_of(declared)},"
            f" but a token is sent to {host_of(project.api)} alone",
            hint="if you trust that host, set OBRELEASE_API; else remove `api` from the file",
        )
