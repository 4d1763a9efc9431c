"""A git repository with a work tree: its state, its files at commits, and its tags.

This is the only module that imports GitPython. Names are checked against allow-lists before git is
started, and git never reads the configuration of the repository: see `remote.git.isolation`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from obrelease.errors import Conflict, NotFound, RemoteError, UsageError
from obrelease.remote.git.configuration import own_settings, repository_settings, write_configuration
from obrelease.remote.git.environment import environment
from obrelease.remote.git.folders import GitFolders, find_git_folders
from obrelease.remote.git.isolation import require_ownership, write_isolated_folder
from obrelease.remote.git.push_address import checked_push_address
from obrelease.remote.git.tag_object import TagInfo, annotated_tag
from obrelease.remote.names import checked_commit, checked_ref, checked_remote, checked_tag
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.temporary import temporary_folder

if TYPE_CHECKING:
    from types import ModuleType

    from git import Git, Repo

_REMOTE_DEADLINE_S: Final = 300
_STATUS_DEADLINE_S: Final = 300
"""For the one command that reads files of the work tree, any of which may be a pipe."""
_CREDENTIALS: Final = re.compile(r"://[^/@\s]*@")


class GitRepository:
    """A git repository with a work tree; HEAD may be detached.

    Every method raises `RemoteError` if git itself fails. Close it, or use it in a `with` block.
    """

    def __init__(self, repo: Repo, folders: GitFolders, cleanup: ExitStack) -> None:
        self._repo = repo
        self._git: Git = repo.git
        self._cleanup = cleanup
        self.root = folders.root
        self.git_dir = folders.common

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
        git = _gitpython()
        with ExitStack() as cleanup:
            isolated = cleanup.enter_context(temporary_folder())
            runner = git.Git(str(folders.root))
            with storage_errors(isolated):
                write_isolated_folder(folders, isolated)
                own = own_settings(runner, isolated)
                require_ownership(folders, [value for key, value in own if key == "safe.directory"])
                write_configuration(isolated, repository_settings(runner, isolated, folders))
            repo = git.Repo(isolated)
            repo.git = runner
            runner.update_environment(
                **environment(isolated, folders.root, index=folders.private / "index", own=own)
            )
            return cls(repo, folders, cleanup.pop_all())

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
        """Paths that differ from HEAD, staged or not, and untracked files, sorted.

        Args:
            ignoring: folders whose content is left out; relative to the root, with `/`.
        """
        listing = self._run(
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=all",
            "--ignore-submodules=dirty",
            "--no-renames",
            deadline_s=_STATUS_DEADLINE_S,
        )
        paths = {entry[3:] for entry in listing.split("\0") if entry}
        folders = tuple(folder.strip("/") + "/" for folder in ignoring if folder.strip("/"))
        return tuple(sorted(path for path in paths if not path.startswith(folders)))

    def tag_names(self) -> tuple[str, ...]:
        """The names of all tags of this repository, sorted."""
        listing = self._run("for-each-ref", "--format=%(refname:strip=2)", "refs/tags")
        return tuple(sorted(listing.split()))

    def tracked(self, folder: str) -> tuple[str, ...]:
        """The paths that git tracks at or below a folder, relative to the root, with `/`."""
        listing = self._run("ls-files", "-z", "--full-name", "--", f":(top,literal){folder}")
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
        self._run(*arguments, env=environment(folder / ".git", folder, own=()))

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
        return annotated_tag(name, object_id, commit, self._run("cat-file", "tag", object_id))

    def previous_tag(self, name: str | None = None, *, excluding: Sequence[str] = ()) -> str | None:
        """The nearest tag in the history before the tag `name`, or at or before HEAD if that is None.

        Args:
            excluding: tags to skip.
        """
        start = "HEAD" if name is None else f"refs/tags/{checked_tag(name)}^{{commit}}"
        excluded = [f"--exclude={each}" for each in (*excluding, *([name] if name else []))]
        return self._output("describe", "--tags", "--abbrev=0", *excluded, start)

    def has_commit(self, commit: str) -> bool:
        """Whether the commit is in the repository."""
        return self._peeled(checked_commit(commit)) is not None

    def files_at(self, commit: str, folder: str) -> tuple[str, ...]:
        """The paths of the files below a folder in a commit, relative to the root, sorted."""
        tree = checked_commit(commit)
        listing = self._run("ls-tree", "-r", "-z", "--name-only", "--full-tree", tree, "--", f"{folder}/")
        return tuple(sorted(path for path in listing.split("\0") if path))

    def digests_at(self, commit: str, folders: Sequence[str]) -> dict[str, str] | None:
        """The sha256 of the files below some folders in a commit, by path; without checkout or filter.

        None if the repository lacks a part of the commit, as a shallow or partial clone may.
        """
        tree = checked_commit(commit)
        if self._peeled(tree) is None:
            return None
        listing = self._run("ls-tree", "-r", "-z", "--full-tree", tree, "--", *folders)
        entries = [entry.partition("\t") for entry in listing.split("\0") if entry]
        try:
            return {
                path: digest_bytes(self._git.get_object_data(facts.split()[2])[3])
                for facts, _, path in entries
                if facts.startswith("100")
            }
        except ValueError:
            return None
        finally:
            self._git.clear_cache()

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
        git = _gitpython()
        options = {"annotate": True} if key is None else {"sign": True}
        signing = {} if key is None else {"gpg.format": "ssh", "user.signingKey": str(key.absolute())}
        added = self._additional_settings(signing)
        with self._git.custom_environment(GIT_COMMITTER_DATE=self._commit_date(commit), **added):
            try:
                self._repo.create_tag(name, ref=commit, message=text, cleanup="verbatim", **options)
            except git.GitCommandError as error:
                raise _failure("the tag could not be created", error) from None
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
        self._run("update-ref", "-d", f"refs/tags/{name}", present.object_id)

    def remotes(self) -> tuple[str, ...]:
        """The names of the git remotes, sorted."""
        return tuple(sorted(name for name in self._run("remote").splitlines() if name))

    def remote_url(self, remote: str) -> str:
        """The address that the remote is pushed to.

        Raises:
            NotFound: there is no such remote.
            UsageError: the address would start a helper program, has a password in it, or is a folder
                of this repository.
        """
        address = self._output("remote", "get-url", "--push", checked_remote(remote))
        if address is None:
            raise NotFound(f"there is no git remote {remote}", hint="see `git remote --verbose`")
        trees = (self.root, self.git_dir)
        return checked_push_address(address.splitlines()[0], remote, trees=trees)

    def remote_tag(self, remote: str, name: str) -> str | None:
        """The commit of a tag on the remote, or None if it has no such tag."""
        on_remote = self._remote_tag(remote, name)
        return None if on_remote is None else on_remote[1]

    def push_tag(self, remote: str, name: str) -> None:
        """Push exactly this tag, never by force, and confirm it by reading it back.

        Raises:
            NotFound: there is no such tag or remote.
            Conflict: the remote has another tag of this name.
        """
        present = self.local_tag(name)
        if present is None:
            raise NotFound(f"there is no tag {name} to push")
        address, ref = self.remote_url(remote), f"refs/tags/{name}"
        on_remote = self._remote_tag(remote, name)
        if on_remote is not None and on_remote[1] != present.commit:
            raise Conflict(
                f"{remote} already has a tag {name} of the commit {on_remote[1]}", hint="tags never move"
            )
        if on_remote is not None and on_remote[0] != present.object_id:
            raise Conflict(
                f"{remote} has another tag {name} of the same commit: another publisher was faster",
                hint=f"to continue with that one: git fetch --force {remote} tag {name}",
            )
        git = _gitpython()
        if on_remote is None:
            # By address, not by name: the receivepack and mirror settings of the remote must not apply.
            try:
                git.Remote(self._repo, address).push(
                    f"{ref}:{ref}", kill_after_timeout=_REMOTE_DEADLINE_S
                ).raise_if_error()
            except git.GitError as error:
                raise _failure(f"the tag {name} could not be pushed to {remote}", error) from None
        if self._remote_tag(remote, name) != (present.object_id, present.commit):
            raise RemoteError(
                f"{remote} acknowledged the tag {name}, but does not list it", hint="run it again"
            )

    def _remote_tag(self, remote: str, name: str) -> tuple[str, str] | None:
        """The object ID and the commit of a tag on the remote."""
        ref = f"refs/tags/{checked_tag(name)}"
        listing = self._run(
            "ls-remote", "--", self.remote_url(remote), ref, f"{ref}^{{}}", deadline_s=_REMOTE_DEADLINE_S
        )
        found = {
            ref_name: object_id
            for object_id, _, ref_name in (x.partition("\t") for x in listing.splitlines())
        }
        if ref not in found:
            return None
        return checked_commit(found[ref]), checked_commit(found.get(f"{ref}^{{}}", found[ref]))

    def _additional_settings(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The variables that add settings for one call."""
        start = int(self._git.environment()["GIT_CONFIG_COUNT"])
        added = {"GIT_CONFIG_COUNT": str(start + len(settings))}
        for index, (key, value) in enumerate(settings.items(), start=start):
            added |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
        return added

    def _commit_date(self, commit: str) -> str:
        for line in self._run("cat-file", "commit", commit).splitlines():
            if line.startswith("committer "):
                seconds, zone = line.rsplit(" ", 2)[1:]
                return f"@{seconds} {zone}"
        raise RemoteError(f"the commit {commit} has no committer")

    def _resolved(self, ref: str) -> str | None:
        return self._output("rev-parse", "--verify", "--quiet", "--end-of-options", ref)

    def _peeled(self, ref: str) -> str | None:
        return self._resolved(f"{ref}^{{commit}}")

    def _output(self, *arguments: str) -> str | None:
        """What git printed, or None if it failed or printed nothing."""
        status, text, _ = self._git.execute(
            ["git", *arguments],
            with_extended_output=True,
            with_exceptions=False,
            strip_newline_in_stdout=True,
        )
        return str(text) if status == 0 and text else None

    def _run(self, *arguments: str, deadline_s: int | None = None, env: dict[str, str] | None = None) -> str:
        git = _gitpython()
        try:
            text = self._git.execute(
                ["git", *arguments], kill_after_timeout=deadline_s, strip_newline_in_stdout=False, env=env
            )
        except git.GitError as error:
            raise _failure(f"git {arguments[0]} failed", error) from None
        return str(text)


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


def _gitpython() -> ModuleType:
    """GitPython. It is imported here because it is slow to load, and fails if git is not installed."""
    try:
        import git
    except ImportError as error:
        raise UsageError(f"git cannot be run: {error}".splitlines()[0], hint="install git") from None
    return git


def _failure(what: str, error: Exception) -> RemoteError:
    text = getattr(error, "stderr", "") or str(error)
    redacted = _CREDENTIALS.sub("://[hidden]@", " ".join(text.split()))
    return RemoteError(f"{what}: {redacted.removeprefix('stderr: ')[:500]}")
