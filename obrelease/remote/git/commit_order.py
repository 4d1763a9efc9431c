"""The order of commits in the graph of a repository."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from obrelease.remote.git.repository import GitRepository

MAX_OTHER_COMMITS: Final = 2_000
"""How many commits that HEAD does not reach are looked for; a command line has a limit."""


def commit_order(repo: GitRepository, commits: Iterable[str]) -> dict[str, int]:
    """The place of each commit that the repository has: parents before children, branches together.

    Commits that HEAD does not reach, such as those of a branch, are placed by the same rule. Dates do not
    count, so a commit with a wrong clock stays at its place.

    Raises:
        RemoteError: git failed.
    """
    wanted = set(commits)
    listed = _listed(repo, [])
    if others := sorted(wanted - set(listed)):
        listed = _listed(repo, others[:MAX_OTHER_COMMITS])
    return {commit: place for place, commit in enumerate(listed) if commit in wanted}


def _listed(repo: GitRepository, others: Sequence[str]) -> list[str]:
    """HEAD, the other commits and all that they reach, parents before children; unknown ones are ignored."""
    return repo.run(
        "rev-list", "--topo-order", "--reverse", "--ignore-missing", "HEAD", *others, "--"
    ).split()
