"""From settings to the forge that they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from obrelease.cli.console.settings import Settings
from obrelease.errors import UsageError

if TYPE_CHECKING:
    from obrelease.remote.forge.protocol import Forge


COUNTDOWN_STEP_S: Final = 10.0
"""How often a wait says how long it still is; shorter ones pass in silence."""


def forge_of(settings: Settings, note: Callable[[str], None] = lambda _: None) -> Forge:
    """The forge of these settings; nothing is reached yet.

    Args:
        note: hears how long is left while GitHub makes us wait.

    Raises:
        UsageError: GitHub is asked for without a repository or a token.
    """
    if settings.forge == "directory":
        from obrelease.remote.forge.directory import DirectoryForge

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
    from obrelease.remote.forge.timeout import pause
    from obrelease.remote.github import GitHubForge, Pace

    pace = Pace(wait=lambda seconds: countdown(seconds, note, pause))
    return GitHubForge(settings.repository, settings.token, settings.api, pace=pace)


def countdown(seconds: float, note: Callable[[str], None], wait: Callable[[float], None]) -> None:
    """Wait, and say every ten seconds how long it will still be: whole lines, fit for a log."""
    left_s = seconds
    while left_s >= COUNTDOWN_STEP_S:
        note(f"github: waiting {left_s:.0f} s, as its limits ask; Ctrl-C stops, a later run goes on")
        step_s = min(COUNTDOWN_STEP_S, left_s)
        wait(step_s)
        left_s -= step_s
    wait(left_s)
