"""From settings to the forge that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obrelease.cli.settings import Settings
from obrelease.errors import UsageError

if TYPE_CHECKING:
    from obrelease.remote.forge import Forge


def forge_of(settings: Settings) -> Forge:
    """The forge of these settings; nothing is reached yet.

    Raises:
        UsageError: GitHub is asked for without a repository or a token.
    """
    if settings.forge == "directory":
        from obrelease.remote.directory import DirectoryForge

        return DirectoryForge(settings.releases)
    if settings.repository is None:
        raise UsageError(
            "the github forge needs a repository",
            hint='set `repository = "owner/name"` in [tool.obrelease], or OBRELEASE_REPOSITORY',
        )
    if settings.token is None:
        raise UsageError(
            "the github forge needs a token",
            hint="set OBRELEASE_TOKEN, GITHUB_TOKEN or GH_TOKEN in the environment",
        )
    from obrelease.remote.github import GitHubForge

    return GitHubForge(settings.repository, settings.token, settings.api)
