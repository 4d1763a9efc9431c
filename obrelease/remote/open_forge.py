"""Opens a forge by its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obrelease.errors import UsageError
from obrelease.remote.forge.directory import DirectoryForge
from obrelease.remote.forge.protocol import Forge
from obrelease.remote.timeout import wait_interruptibly

if TYPE_CHECKING:
    from obrelease.remote.github.client import Client

COUNTDOWN_STEP_S: Final = 10.0
"""How often a wait reports the remaining time; shorter waits report nothing."""

GITHUB_API: Final = "https://api.github.com"


def open_forge(
    name: str,
    *,
    releases: Path,
    repository: str | None = None,
    token: str | None = None,
    api: str = GITHUB_API,
    note: Callable[[str], None] = lambda _: None,
) -> Forge:
    """The forge `directory` or `github`; nothing is sent yet.

    Args:
        releases: the folder of the directory forge.
        repository: `owner/name` on GitHub.
        token: for GitHub; it needs write access to the repository's contents.
        api: base address of the GitHub API.
        note: receives the remaining time while GitHub asks to wait.

    Raises:
        UsageError: the name is unknown, or the repository or the token is missing or malformed.
    """
    if name == "directory":
        return DirectoryForge(releases)
    if name != "github":
        raise UsageError(f"unknown forge {name!r}", hint="use directory or github")
    if repository is None:
        raise UsageError(
            "the github forge needs a repository",
            hint='set `repository = "owner/name"` in [tool.obrelease], or OBRELEASE_REPOSITORY',
        )
    if token is None:
        raise _no_token("the github forge")
    # Imported here: PyGithub takes longer to load than most commands take to run.
    from obrelease.remote.github import GitHubForge, RequestTiming

    timing = RequestTiming(wait=lambda seconds: countdown(seconds, note, wait_interruptibly))
    return GitHubForge(repository, token, api, timing=timing)


def open_client(token: str | None, api: str, *, note: Callable[[str], None] = lambda _: None) -> Client:
    """Requests to the GitHub API; nothing is sent yet.

    Raises:
        UsageError: there is no token, or the token or the address is malformed.
    """
    if token is None:
        raise _no_token("a comment on GitHub")
    from obrelease.remote.github import RequestTiming
    from obrelease.remote.github.client import Client

    return Client(
        api, token, RequestTiming(wait=lambda seconds: countdown(seconds, note, wait_interruptibly))
    )


def _no_token(what: str) -> UsageError:
    return UsageError(
        f"{what} needs a token", hint="set OBRELEASE_TOKEN, GITHUB_TOKEN or GH_TOKEN in the environment"
    )


def countdown(seconds: float, note: Callable[[str], None], wait: Callable[[float], None]) -> None:
    """Wait, and report every ten seconds how much is left: complete lines, fit for a log."""
    left_s = seconds
    while left_s >= COUNTDOWN_STEP_S:
        note(f"github: waiting {left_s:.0f} s for its rate limit; Ctrl-C stops, a later run continues")
        step_s = min(COUNTDOWN_STEP_S, left_s)
        wait(step_s)
        left_s -= step_s
    wait(left_s)
