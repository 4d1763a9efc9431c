"""A git repository with a work tree: its state, its files at commits, and its tags.

Names are checked against allow-lists before git is started, and git never reads the configuration of the
repository: see `remote.git.isolation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from obrelease.errors import Conflict, InvalidInput, NotFound, RemoteError, UsageError
from obrelease.remote.git import remote_tags
from obrelease.remote.git.bounded_process import LOCAL_DEADLINE_S, git_failure
from obrelease.remote.git.configuration import (
    filter_settings,
    own_settings,
    repository_settings,
    settings_for_every_call,
    write_configuration,
)
from obrelease.remote.git.environment import environment
from obrelease.remote.git.folders import GitFolders, find_git_folders
from obrelease.remote.git.isolation import require_ownership, write_isolated_folder
from obrelease.remote.git.objects import file_digests, read_tag, tag_messages
from obrelease.remote.git.process import GitProcess, gitpython
from obrelease.remote.git.remote_tags import RemoteTag
from obrelease.remote.git.tag_object import TagInfo, annotated_tag
from obrelease.remote.git.work_tree_changes import work_tree_changes
from obrelease.remote.names import checked_commit, checked_ref, checked_tag
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.temporary import temporary_folder

if TYPE_CHECKING:
    from git import Repo

_SIGNING_DEADLINE_S: Final = 600
"""A person may have to enter a passphrase, or to touch a token."""


class GitRepository(GitProcess):
    """A git repository with a work tree; HEAD may be detached.

    Every method raises `RemoteError` if git itself fails. Close it, or use it in a `with` block.
    """

    def __init__(
        self, repo: Repo, folders: GitFolders, cleanup: ExitStack, filters: Mapping[str, str]
    ) -> None:
        super().__init__(repo.git, folders, filters)
        self._repo = repo
        self._cleanup = cleanup

    @classmethod
    def open(cls, path: Path) -> GitRepository:
        """Open the repository whose work tree `path` is in.

        Raises:
            NotFound: it is in none.
            UsageError: git is not installed, or the repository belongs to another user.
            InvalidInput: a file of the git folder is not what git would have written.
            StorageError: the isolated git folder cannot be written.
        """
        folders = find_git_folders(path)
        git = gitpython()
        with ExitStack() as cleanup:
            isolated = cleanup.enter_context(temporary_folder())
            runner = git.Git(str(folders.root))
            with storage_errors(isolated):
                write_isolated_folder(folders, isolated)
                own = own_settings(runner, isolated)
                require_ownership(folders, [value for key, value in own if key == "safe.directory"])
                of_repository = repository_settings(runner, isolated, folders)
                write_configuration(isolated, of_repository)
            try:
                repo = git.Repo(isolated)
            except git.GitError:
                raise InvalidInput(
                    f"{folders.private}: is not a git folder", hint="`git fsck` names the damage"
                ) from None
            repo.git = runner
            passed_on = settings_for_every_call(own, of_repository)
            runner.update_environment(
                **environment(isolated, folders.root, index=folders.private / "index", own=passed_on)
            )
            return cls(repo, folders, cleanup.pop_all(), filter_settings(own))

    def close(self) -> None:
        """End the processes that GitPython keeps, and remove the isolated git folder."""
        self._repo.close()
        self._cleanup.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def head(self) -> str:
        """The full ID of the commit that is checked out.

        Raises:
            NotFound: there is no commit yet.
        """
        commit = self._peeled("HEAD")
        if commit is None:
            raise NotFound(f"{self.root}: has no commit yet", hint="commit something first")
        return commit

    def changes(self, ignoring: Sequence[str] = ()) -> tuple[str, ...]:
        """Paths that differ from HEAD, staged or not, and untracked files; see `work_tree_changes`."""
        return work_tree_changes(self, ignoring)

    def changed_paths(self, commit: str, limit: int) -> Iterator[tuple[str, tuple[str, ...]]]:
        """A commit and those before it along the first parents, each with the paths that it changed.

        Paths of unusual characters are quoted as git quotes them.

        Args:
            limit: the most commits.
        """
        options = ("--first-parent", "-m", "--name-only", "--no-renames", "--no-show-signature")
        listing = self.run("log", *options, f"--max-count={limit}", "--format=/%H", checked_commit(commit))
        for entry in f"\n{listing}".split("\n/")[1:]:
            each, *paths = entry.split("\n")
            yield each, tuple(path for path in paths if path)

    def tag_names(self) -> tuple[str, ...]:
        """The names of all tags of this repository, sorted."""
        listing = self.run("for-each-ref", "--format=%(refname:strip=2)", "refs/tags")
        return tuple(sorted(listing.split("\n")[:-1]))

    def tag_messages(self) -> Iterator[tuple[str, str]]:
        """The name and message of each annotated tag of this repository, in the order of their names.

        Tags of more than 1 MiB are left out: no release tag of this program is that large.
        """
        return tag_messages(self.git_output)

    def tracked(self, folder: str) -> tuple[str, ...]:
        """The paths that git tracks at or below a folder, relative to the root, with `/`."""
        listing = self.run("ls-files", "-z", "--full-name", "--", f":(top,literal){folder}")
        return tuple(path for path in listing.split("\0") if path)

    def commit_of(self, ref: str) -> str:
        """The full ID of the commit of a tag, a branch or a commit ID prefix.

        Raises:
            UsageError: `ref` is malformed.
            NotFound: the repository has no such commit.
        """
        commit = self._peeled(checked_ref(ref))
        if commit is None:
            raise NotFound(f"{ref!r} is not a commit of this repository", hint="`git log` shows the commits")
        return commit

    def git_at(self, folder: Path, *arguments: str) -> None:
        """Run git on another repository, at `folder`, with the same safe settings."""
        self.run(*arguments, env=environment(folder / ".git", folder, own=()))

    def local_tag(self, name: str) -> TagInfo | None:
        """The tag in this repository, or None.

        Raises:
            Conflict: the tag exists, but does not lead to a commit.
        """
        ref = f"refs/tags/{checked_tag(name)}"
        object_id = self._resolved(ref)
        if object_id is None:
            return None
        commit = self._peeled(ref)
        if commit is None:
            raise Conflict(f"the tag {name} does not lead to a commit", hint=f"look at `git show {name}`")
        annotated = object_id != commit
        if not annotated:
            return TagInfo(name, object_id, commit, "", annotated)
        return annotated_tag(name, object_id, commit, read_tag(self.git_output, name, object_id))

    def has_commit(self, commit: str) -> bool:
        """Whether the commit is in the repository."""
        return self._peeled(checked_commit(commit)) is not None

    def files_at(self, commit: str, folder: str) -> tuple[str, ...]:
        """The paths of the files below a folder in a commit, relative to the root, sorted."""
        tree = checked_commit(commit)
        listing = self.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", tree, "--", f"{folder}/")
        return tuple(sorted(path for path in listing.split("\0") if path))

    def digests_at(self, commit: str, folders: Sequence[str]) -> dict[str, str] | None:
        """The sha256 of the files below some folders in a commit, by path; without checkout or filter.

        None if the repository lacks a part of the commit, as a shallow or partial clone may.

        Raises:
            InvalidInput: the files have more than 256 MiB in sum.
        """
        tree = checked_commit(commit)
        if self._peeled(tree) is None:
            return None
        return file_digests(self.git_output, tree, folders)

    def subjects(self, since: str | None, commit: str, below: Path) -> list[tuple[str, str]]:
        """The abbreviated ID and subject of the commits after a tag, the newest first, without merges.

        Args:
            since: a tag; None for the whole history.
            below: only commits that changed something in this folder.
        """
        start = [f"^refs/tags/{checked_tag(since)}"] if since else []
        folder = below.resolve().relative_to(self.root.resolve()).as_posix()
        paths = [] if folder == "." else ["--", f":(top,literal){folder}"]
        log = ("log", "--no-merges", "--max-count=5000", "--format=%h%x00%s")
        listing = self.run(*log, checked_commit(commit), *start, *paths)
        entries = (line.partition("\0") for line in listing.split("\n") if line)
        return [(object_id, subject) for object_id, _, subject in entries]

    def create_tag(self, name: str, commit: str, message: str, *, key: Path | None = None) -> TagInfo:
        """Create an annotated tag and sync it to the disk; it is signed if there is an SSH key.

        The tagger's date is that of the commit. So no clock is read, and the same tag of the same
        commit by the same person is always the same object.

        Raises:
            Conflict: the tag exists.
            UsageError: the message is empty, or the name or commit is malformed.
        """
        checked_commit(commit)
        if not message.strip() or "\0" in message:
            raise UsageError(f"the message of the tag {name} is empty or has a NUL character")
        if self.local_tag(name) is not None:
            raise Conflict(f"the tag {name} exists already", hint="choose another name, or inspect the tag")
        text = message if message.endswith("\n") else message + "\n"
        git = gitpython()
        options = {"annotate": True} if key is None else {"sign": True}
        signing = {} if key is None else {"gpg.format": "ssh", "user.signingKey": str(key.absolute())}
        added = self.additional_settings(signing)
        with self._git.custom_environment(GIT_COMMITTER_DATE=self._commit_date(commit), **added):
            try:
                self._repo.create_tag(
                    name,
                    ref=commit,
                    message=text,
                    cleanup="verbatim",
                    kill_after_timeout=LOCAL_DEADLINE_S if key is None else _SIGNING_DEADLINE_S,
                    **options,
                )
            except git.GitCommandError as error:
                raise git_failure("the tag could not be created", error) from None
        made = self.local_tag(name)
        facts = made and (made.commit, made.message, made.annotated, made.signature != "")
        if made is None or facts != (commit, text, True, key is not None):
            raise RemoteError(f"git acknowledged the tag {name}, but shows another one")
        return made

    def delete_tag(self, name: str) -> None:
        """Remove a local tag, unless it changes meanwhile.

        Raises:
            NotFound: there is no such tag.
        """
        present = self.local_tag(name)
        if present is None:
            raise NotFound(f"there is no tag {name}")
        self.run("update-ref", "-d", f"refs/tags/{name}", present.object_id)

    def remotes(self) -> tuple[str, ...]:
        """The names of the git remotes, sorted."""
        return remote_tags.remotes(self)

    def remote_url(self, remote: str) -> str:
        """The address that a remote is pushed to; raises as `remote_tags.remote_url`."""
        return remote_tags.remote_url(self, remote)

    def remote_tag(self, remote: str, name: str) -> str | None:
        """The commit of a tag on the remote, or None if it has no such tag."""
        found = self.remote_tag_object(remote, name)
        return None if found is None else found.commit

    def remote_tag_object(self, remote: str, name: str) -> RemoteTag | None:
        """The object and the commit of a tag on the remote; raises as `remote_tags.remote_tag`."""
        return remote_tags.remote_tag(self, remote, name)

    def push_tag(self, remote: str, name: str) -> None:
        """Push exactly this tag, never by force; raises as `remote_tags.push_tag`.

        Raises:
            NotFound: there is no such tag.
        """
        present = self.local_tag(name)
        if present is None:
            raise NotFound(f"there is no tag {name} to push")
        remote_tags.push_tag(self, remote, present)

    def _commit_date(self, commit: str) -> str:
        for line in self.run("cat-file", "commit", commit).splitlines():
            if line.startswith("committer "):
                seconds, zone = line.rsplit(" ", 2)[1:]
                return f"@{seconds} {zone}"
        raise RemoteError(f"the commit {commit} has no committer")

    def _resolved(self, ref: str) -> str | None:
        return self.output("rev-parse", "--verify", "--quiet", "--end-of-options", ref)

    def _peeled(self, ref: str) -> str | None:
        return self._resolved(f"{ref}^{{commit}}")


@contextmanager
def repository_at(path: Path) -> Iterator[GitRepository | None]:
    """The repository that `path` is in, closed at the end of the block; None if it is in none.

    Raises:
        UsageError, RemoteError: as `GitRepository.open`.
    """
    found = None
    with suppress(NotFound):
        found = GitRepository.open(path)
    with found or nullcontext():
        yield found
