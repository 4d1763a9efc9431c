"""A commit checked out beside the work tree, which stays as it is."""

from __future__ import annotations

from pathlib import Path

from obrelease.remote.git.repository import GitRepository


def check_out(repo: GitRepository, ref: str, target: Path) -> str:
    """Check a commit out into a new folder with a `.git` of its own; no hook and no filter runs.

    The copy borrows the repository's objects: it is made quickly, and of no use once that is gone.

    Args:
        worktree: of the repository that has the commit.
        ref: a commit, tag or branch, `~` and `^` allowed.
        target: does not exist yet.

    Returns:
        The full name of the commit.

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
