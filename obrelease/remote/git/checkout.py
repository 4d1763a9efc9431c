"""Checks out a commit into a new folder; the work tree is unchanged."""

from __future__ import annotations

from pathlib import Path

from obrelease.remote.git.repository import GitRepository


def check_out(repo: GitRepository, ref: str, target: Path) -> str:
    """Check out a commit into a new folder with its own `.git`; hooks and filters do not run.

    The copy borrows the objects of the repository: it is fast to make, but useless without it.

    Args:
        repo: the repository of the commit.
        ref: a commit, tag or branch, with `~` and `^` suffixes.
        target: a folder that does not exist yet.

    Returns:
        The full ID of the commit.

    Raises:
        UsageError, NotFound: as `GitRepository.commit_of`.
        RemoteError: git failed.
    """
    commit = repo.commit_of(ref)
    target.mkdir(parents=True)
    repo.git_at(target, "init", "--quiet", "--template=")
    alternates = target / ".git" / "objects" / "info" / "alternates"
    alternates.parent.mkdir(exist_ok=True)
    alternates.write_text(f"{repo.git_dir / 'objects'}\n", "utf-8")
    repo.git_at(target, "update-ref", "--no-deref", "HEAD", commit)
    repo.git_at(target, "reset", "--hard", "--quiet")
    return commit
