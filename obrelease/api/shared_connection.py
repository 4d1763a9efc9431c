"""A connection to a shared registry, by its place or by its name in the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from obrelease.errors import UsageError
from obrelease.models.close_names import hint_with_suggestion
from obrelease.registry.shared.catalogue import WORKERS
from obrelease.registry.shared.push_run import LARGE_WORKERS
from obrelease.registry.shared.user_cache import UserCache
from obrelease.remote.oci.credential_sources import CredentialSources
from obrelease.remote.oci.place import SCHEME, Place, parse_place
from obrelease.remote.oci.repository_client import RepositoryClient
from obrelease.remote.oci.timing import OciTiming
from obrelease.remote.oci.transport import Transport

if TYPE_CHECKING:
    from obrelease.api.project import Project


def remote_place(remote: str, project: Project | None) -> Place:
    """The place that a remote names: itself, or a name in the settings.

    Raises:
        UsageError: it is neither.
    """
    if remote.startswith(SCHEME):
        return parse_place(remote)
    remotes = project.remotes if project else {}
    if remote not in remotes:
        known = f"the remotes are {', '.join(sorted(remotes))}" if remotes else "no remote is set"
        raise UsageError(
            f"{remote!r} is no remote: {known}",
            hint=hint_with_suggestion(
                remote,
                remotes,
                "pass oci://HOST/PATH, or name it: `obrelease remote add NAME oci://HOST/PATH`",
            ),
        )
    return parse_place(remotes[remote])


@contextmanager
def connected(remote: str, project: Project | None, *, writes: bool) -> Iterator[RepositoryClient]:
    """A client of a shared registry until the end of the block; nothing is sent yet.

    Args:
        project: has the names of registries and the user's credentials; without one, credentials come from
            `~/.docker/config.json`.
        writes: ask for permission to push.

    Raises:
        UsageError: as `remote_place`.
    """
    place = remote_place(remote, project)
    sources = (project.credentials if project else None) or _home_sources()
    transport = Transport(
        place, sources, writes=writes, timing=OciTiming(), connections=WORKERS * LARGE_WORKERS
    )
    try:
        yield RepositoryClient(transport, UserCache())
    finally:
        transport.close()


def _home_sources() -> CredentialSources:
    return CredentialSources((Path("~/.docker/config.json").expanduser(),))
