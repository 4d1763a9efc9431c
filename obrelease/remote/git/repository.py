"""A git repository with a work tree: its state, its files at commits, and its tags.

This is the only module that imports GitPython. Names are checked against allow-lists before git is
started, and git never reads the configuration of the repository: see `remote.git.isolation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from obrelease.errors import Conflict, NotFound, RemoteError, UsageError
from obrelease.remote.git.bounded_process import (
    LOCAL,
    LOCAL_DEADLINE_S,
    GitOutput,
    ProcessLimits,
    git_failure,
    run_git,
)
from obrelease.remote.git.configuration import own_settings, repository_settings, write_configuration
from obrelease.remote.git.environment import environment
from obrelease.remote.git.folders import GitFolders, find_git_folders
from obrelease.remote.git.isolation import require_ownership, write_isolated_folder
from obrelease.remote.git.objects import file_digests, read_tag, tag_messages
from obrelease.remote.git.push_address import checked_push_address
from obrelease.remote.git.special_files import require_no_special_files
from obrelease.remote.git.tag_object import TagInfo, annotated_tag
from obrelease.remote.names import checked_commit, checked_ref, checked_remote, checked_tag
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.temporary import temporary_folder

if TYPE_CHECKING:
    from types import ModuleType

    from git import Git, Repo

_REMOTE: Final = ProcessLimits(seconds=300, output_bytes=2**20, keeps_terminal=True)
_SIGNING_DEADLINE_S: Final = 600
"""A person may have to enter a passphrase, or to touch a token."""


class GitRepository:
    """A git repository with a work tree; HEAD may be detached.

    Every method raises `RemoteError` if git itself fails. Close it, or use it in a `with` block.
    """

    def __init__(self, repo: Repo, folders: GitFolders, cleanup: ExitStack) -> None:
        self._repo = repo
        self._git: Git = repo.git
        self._start = partial(run_git, self._git, when_stalled=partial(require_no_special_files, folders))
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
        )
        paths = {entry[3:] for entry in listing.split("\0") if entry}
        folders = tuple(folder.strip("/") + "/" for folder in ignoring if folder.strip("/"))
        return tuple(sorted(path for path in paths if not path.startswith(folders)))

    def tag_names(self) -> tuple[str, ...]:
        """The names of all tags of this repository, sorted."""
        listing = self._run("for-each-ref", "--format=%(refname:strip=2)", "refs/tags")
        return tuple(sorted(listing.split("\n")[:-1]))

    def tag_messages(self) -> Iterator[tuple[str, str]]:
        """The name and message of each annotated tag of this repository, in the order of their names.

        Tags of more than 1 MiB are left out: no release tag of this program is that large.
        """
        return tag_messages(self._git_output)

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
        return annotated_tag(name, object_id, commit, read_tag(self._git_output, name, object_id))

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

        Raises:
            InvalidInput: the files have more than 256 MiB in sum.
        """
        tree = checked_commit(commit)
        if self._peeled(tree) is None:
            return None
        return file_digests(self._git_output, tree, folders)

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
                    f"{ref}:{ref}", kill_after_timeout=_REMOTE.seconds
                ).raise_if_error()
            except git.GitError as error:
                raise git_failure(f"the tag {name} could not be pushed to {remote}", error) from None
        if self._remote_tag(remote, name) != (present.object_id, present.commit):
            raise RemoteError(
                f"{remote} acknowledged the tag {name}, but does not list it", hint="run it again"
            )

    def _remote_tag(self, remote: str, name: str) -> tuple[str, str] | None:
        """The object ID and the commit of a tag on the remote."""
        ref = f"refs/tags/{checked_tag(name)}"
        listing = self._run("ls-remote", "--", self.remote_url(remote), ref, f"{ref}^{{}}", limits=_REMOTE)
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
        found = self._start(arguments)
        return found.text.removesuffix("\n") or None if found.status == 0 else None

    def _run(self, *arguments: str, limits: ProcessLimits = LOCAL, env: dict[str, str] | None = None) -> str:
        return self._git_output(*arguments, limits=limits, env=env).text

    def _git_output(
        self,
        *arguments: str,
        limits: ProcessLimits = LOCAL,
        env: dict[str, str] | None = None,
        stdin: bytes = b"",
    ) -> GitOutput:
        found = self._start(arguments, limits=limits, env=env, stdin=stdin)
        if found.status != 0:
            raise git_failure(f"git {arguments[0]} failed", found.stderr.decode("utf-8", "replace"))
        return found


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
