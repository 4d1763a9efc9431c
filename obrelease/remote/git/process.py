"""git processes on one repository, with isolated settings: the module that starts git.

Callers check names against allow-lists first. git never reads the configuration of the repository: see
`remote.git.isolation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from obrelease.errors import UsageError
from obrelease.remote.git.bounded_process import LOCAL, GitOutput, ProcessLimits, run_git
from obrelease.remote.git.failure import GitFailed
from obrelease.remote.git.folders import GitFolders
from obrelease.remote.git.objects import ListedObject, read_objects
from obrelease.remote.git.special_files import require_no_special_files

if TYPE_CHECKING:
    from types import ModuleType

    from git import Git


class GitProcess:
    """Runs git on one repository.

    Attributes:
        root: the work tree.
        git_dir: the git folder that all work trees of the repository share.
    """

    def __init__(self, git: Git, folders: GitFolders, filters: Mapping[str, str]) -> None:
        self._git = git
        self._start = partial(run_git, git, when_stalled=partial(require_no_special_files, folders))
        self._filters = filters
        self.root = folders.root
        self.git_dir = folders.common

    def output(self, *arguments: str, stdin: bytes = b"") -> str | None:
        """What git printed, or None if it failed or printed nothing."""
        found = self._start(arguments, stdin=stdin)
        return found.text.removesuffix("\n") or None if found.status == 0 else None

    def run(
        self,
        *arguments: str,
        limits: ProcessLimits = LOCAL,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> str:
        """Run git, and return what it printed; raises as `git_output`."""
        return self.git_output(*arguments, limits=limits, env=env, stdin=stdin).text

    def git_output(
        self,
        *arguments: str,
        limits: ProcessLimits = LOCAL,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> GitOutput:
        """Run git with the isolated settings.

        Args:
            env: variables on top of the isolated ones.

        Raises:
            GitFailed: its exit code is not 0; the error has what git wrote to stderr.
            RemoteError, InvalidInput: it took too long, or printed too much.
        """
        found = self._start(arguments, limits=limits, env=env, stdin=stdin)
        if found.status != 0:
            raise GitFailed(f"git {arguments[0]} failed", found.stderr.decode("utf-8", "replace"))
        return found

    def small_blobs(self, object_ids: Sequence[str], limit: int) -> dict[str, bytes]:
        """The content of those blobs that are here and have at most `limit` bytes, by object ID."""
        wanted = sorted(set(object_ids))
        if not wanted:
            return {}
        lines = "".join(f"{object_id}\n" for object_id in wanted).encode("ascii")
        sizes = self.run("cat-file", "--batch-check=%(objectsize)", stdin=lines).splitlines()
        listed = [
            ListedObject(object_id, int(size), object_id)
            for object_id, size in zip(wanted, sizes, strict=True)
            if size.isdecimal() and int(size) <= limit
        ]
        return {each.object_id: data for each, data in read_objects(self.git_output, listed)}

    def filter_settings(self) -> dict[str, str]:
        """The variables by which one call gets the filters of the user's own configuration."""
        return self.additional_settings(self._filters)

    def additional_settings(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The variables that add settings for one call."""
        start = int(self._git.environment()["GIT_CONFIG_COUNT"])
        added = {"GIT_CONFIG_COUNT": str(start + len(settings))}
        for index, (key, value) in enumerate(settings.items(), start=start):
            added |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
        return added


def gitpython() -> ModuleType:
    """GitPython. It is imported here because it is slow to load, and fails if git is not installed."""
    try:
        import git
    except ImportError as error:
        raise UsageError(f"git cannot be run: {error}".splitlines()[0], hint="install git") from None
    return git
