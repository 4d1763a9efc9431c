"""The project's own git repository: its state, its tags, and pushing one of them.

GitPython lives here alone. Names are checked by our own allow-lists before git is started,
and git never reads the configuration of the repository: see `remote.git.isolation`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from obrelease.errors import Conflict, NotFound, RemoteError, UsageError
from obrelease.remote.git.configuration import own_settings, repository_settings
from obrelease.remote.git.environment import environment
from obrelease.remote.git.isolation import (
    GitFolders,
    find_git_folders,
    require_ownership,
    write_configuration,
    write_isolated_folder,
)
from obrelease.remote.git.tag_object import TagInfo, annotated_tag
from obrelease.remote.names import checked_commit, checked_ref, checked_remote, checked_tag
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.temporary import temporary_folder

if TYPE_CHECKING:
    from types import ModuleType

    from git import Git, Repo

_REMOTE_DEADLINE_S: Final = 300
_CREDENTIALS: Final = re.compile(r"://[^/@\s]*@")


class GitRepository:
    """A git work tree with at least a `.git`; a detached HEAD is as good as a branch.

    Every method raises `RemoteError` when git itself fails.
    """

    def __init__(self, repo: Repo, folders: GitFolders, cleanup: ExitStack) -> None:
        self._repo = repo
        self._git: Git = repo.git
        self._cleanup = cleanup
        self.root = folders.root
        self.git_dir = folders.common

    @classmethod
    def open(cls, path: Path) -> GitRepository:
        """The work tree that `path` lies in.

        Raises:
            NotFound: it is in none.
            UsageError: git is not installed, or the repository belongs to another user.
            InvalidInput: a file of the git folder is not what git would have written.
        """
        folders = find_git_folders(path)
        git = _gitpython()
        with ExitStack() as cleanup:
            isolated = cleanup.enter_context(temporary_folder())
            write_isolated_folder(folders, isolated)
            runner = git.Git(str(folders.root))
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
        """The full name of the commit that is checked out.

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
            ignoring: folders relative to the root, POSIX style, whose content does not count.
        """
        listing = self._run(
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=all",
            "--ignore-submodules=dirty",
            "--no-renames",
        )
        paths = {entry[3:] for entry in listing.split("\0") if entry}
        folders = tuple(folder.strip("/") + "/" for folder in ignoring if folder.strip("/"))
        return tuple(sorted(path for path in paths if not path.startswith(folders)))

    def tag_names(self) -> tuple[str, ...]:
        """The names of all tags of this repository, sorted."""
        listing = self._run("for-each-ref", "--format=%(refname:strip=2)", "refs/tags")
        return tuple(sorted(listing.split()))

    def tracked(self, folder: str) -> tuple[str, ...]:
        """The paths that git tracks at or below a folder, relative to the root, POSIX style."""
        listing = self._run("ls-files", "-z", "--full-name", "--", f":(top,literal){folder}")
        return tuple(path for path in listing.split("\0") if path)

    def commit_of(self, ref: str) -> str:
        """The full name of the commit that a tag, a branch or the beginning of a commit names.

        Raises:
            UsageError: `ref` is not what a ref looks like.
            NotFound: it names no commit here.
        """
        commit = self._peeled(checked_ref(ref))
        if commit is None:
            raise NotFound(f"{ref!r} names no commit here", hint="`git log` shows the commits")
        return commit

    def git_at(self, folder: Path, *arguments: str) -> None:
        """Run git on the repository at `folder`, which is another one, by the same rules."""
        self._run(*arguments, env=environment(folder / ".git", folder, own=()))

    def local_tag(self, name: str) -> TagInfo | None:
        """The tag in this repository, or None.

        Raises:
            Conflict: the ref is there, and what it names is no commit.
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

    def previous_tag(self, name: str | None = None, *, besides: Sequence[str] = ()) -> str | None:
        """The nearest tag in the history before the tag `name`, or before and at HEAD; None if none.

        Args:
            besides: tags that do not count, as this method gave them.
        """
        start = "HEAD" if name is None else f"refs/tags/{checked_tag(name)}^{{commit}}"
        excluded = [f"--exclude={each}" for each in (*besides, *([name] if name else []))]
        return self._answer("describe", "--tags", "--abbrev=0", *excluded, start)

    def files_at(self, commit: str, folder: str) -> tuple[str, ...]:
        """The files below a folder as they were committed, as paths relative to the root, sorted."""
        tree = checked_commit(commit)
        listing = self._run("ls-tree", "-r", "-z", "--name-only", "--full-tree", tree, "--", f"{folder}/")
        return tuple(sorted(path for path in listing.split("\0") if path))

    def digests_at(self, commit: str, folders: Sequence[str]) -> dict[str, str] | None:
        """The sha256 of the files below some folders as they were committed, by path; no checkout, no filter.

        None where the commit or a part of it is not here, as in a shallow or partial clone.
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
        """Make an annotated tag, on the disk when this returns; signed where an SSH key is given.

        The tagger's date is the commit's own: no clock is read, and the same tag of the same
        commit by the same person is the same object, however often a broken run is repeated.

        Raises:
            Conflict: the tag exists.
            UsageError: the message is empty, or the name or commit is malformed.
        """
        checked_commit(commit)
        if not message.strip() or "\0" in message:
            raise UsageError(f"the message of the tag {name} is empty or has a NUL character")
        if self.local_tag(name) is not None:
            raise Conflict(f"the tag {name} exists already", hint="choose another, or look at what it is")
        text = message if message.endswith("\n") else message + "\n"
        git = _gitpython()
        options = {"annotate": True} if key is None else {"sign": True}
        signing = {} if key is None else {"gpg.format": "ssh", "user.signingKey": str(key.absolute())}
        added = self._more_settings(signing)
        with self._git.custom_environment(GIT_COMMITTER_DATE=self._commit_date(commit), **added):
            try:
                self._repo.create_tag(name, ref=commit, message=text, cleanup="verbatim", **options)
            except git.GitCommandError as error:
                raise _failure("the tag could not be made", error) from None
        made = self.local_tag(name)
        facts = made and (made.commit, made.message, made.annotated, made.signature != "")
        if made is None or facts != (commit, text, True, key is not None):
            raise RemoteError(f"git says it made the tag {name}, and shows something else")
        return made

    def delete_tag(self, name: str) -> None:
        """Remove a tag of this repository if it is still what it was when looked at.

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
            UsageError: the address would start a helper program, or has a password in it.
        """
        address = self._answer("remote", "get-url", "--push", checked_remote(remote))
        if address is None:
            raise NotFound(f"there is no git remote {remote}", hint="see `git remote --verbose`")
        first = address.splitlines()[0]
        if first.startswith("-") or "::" in first.split("/", 1)[0]:
            raise UsageError(f"the address of the git remote {remote} is not one to push to")
        authority = first.partition("://")[2].split("/", 1)[0]
        if ":" in authority.rpartition("@")[0]:
            raise UsageError(
                f"the address of the git remote {remote} has a password in it",
                hint="every program on the machine can see it; use a credential helper or SSH",
            )
        return first

    def remote_tag(self, remote: str, name: str) -> str | None:
        """The commit that the remote's tag peels to, or None where the remote has no such tag."""
        there = self._remote_tag(remote, name)
        return None if there is None else there[1]

    def push_tag(self, remote: str, name: str) -> None:
        """Push exactly this tag, never by force, and confirm it by what the remote then says.

        Raises:
            NotFound: there is no such tag or remote.
            Conflict: the remote has a tag of the name that leads to another commit.
        """
        present = self.local_tag(name)
        if present is None:
            raise NotFound(f"there is no tag {name} to push")
        address, ref = self.remote_url(remote), f"refs/tags/{name}"
        there = self._remote_tag(remote, name)
        if there is not None and there[1] != present.commit:
            raise Conflict(
                f"{remote} has a tag {name} already, of the commit {there[1]}", hint="tags never move"
            )
        if there is not None and there[0] != present.object_id:
            raise Conflict(
                f"{remote} has another tag {name} of the same commit: another publisher was faster",
                hint=f"to go on with that one: git fetch --force {remote} tag {name}",
            )
        git = _gitpython()
        if there is None:
            # By address, not by the remote's name: then its receivepack and mirror settings do not count.
            try:
                git.Remote(self._repo, address).push(
                    f"{ref}:{ref}", kill_after_timeout=_REMOTE_DEADLINE_S
                ).raise_if_error()
            except git.GitError as error:
                raise _failure(f"the tag {name} could not be pushed to {remote}", error) from None
        if self._remote_tag(remote, name) != (present.object_id, present.commit):
            raise RemoteError(f"{remote} took the tag {name}, and does not show it", hint="run it again")

    def _remote_tag(self, remote: str, name: str) -> tuple[str, str] | None:
        """The object that the remote's tag names and the commit that it peels to."""
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

    def _more_settings(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The variables that add these settings to those of `gitenv` for one call."""
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
        return self._answer("rev-parse", "--verify", "--quiet", "--end-of-options", ref)

    def _peeled(self, ref: str) -> str | None:
        return self._resolved(f"{ref}^{{commit}}")

    def _answer(self, *arguments: str) -> str | None:
        """What git printed, or None where it exited with an error."""
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
    """GitPython, which refuses to be imported where there is no git."""
    try:
        import git
    except ImportError as error:
        raise UsageError(f"git cannot be run: {error}".splitlines()[0], hint="install git") from None
    return git


def _failure(what: str, error: Exception) -> RemoteError:
    told = getattr(error, "stderr", "") or str(error)
    shown = _CREDENTIALS.sub("://[hidden]@", " ".join(told.split()))
    return RemoteError(f"{what}: {shown.removeprefix('stderr: ')[:500]}")
