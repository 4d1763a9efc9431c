"""Tags on git remotes: read, compared by object, and pushed one by one, never by force."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from obrelease.errors import Conflict, NotFound, RemoteError
from obrelease.remote.git.bounded_process import ProcessLimits
from obrelease.remote.git.failure import GitFailed, remote_words
from obrelease.remote.git.push_address import checked_push_address
from obrelease.remote.git.tag_object import TagInfo
from obrelease.remote.names import checked_commit, checked_remote, checked_tag

if TYPE_CHECKING:
    from obrelease.remote.git.process import GitProcess

_LIMITS: Final = ProcessLimits(seconds=300, output_bytes=2**20, keeps_terminal=True)
_ADDRESS: Final = re.compile(
    r"(?:(?:https|http|ssh)://)?(?:[^@/\s]{1,64}@)?(?P<host>[A-Za-z0-9.-]+)(?::[0-9]{1,5}(?=/))?[:/](?P<name>\S+)"
)
"""An address of a git remote with a host: a URL, or `user@host:path`."""

_RULES_HINT: Final = (
    "the remote refused it by its own rules; an administrator of the repository can change them"
)


@dataclass(frozen=True, slots=True)
class RemoteTag:
    """A tag on a remote.

    Attributes:
        object_id: the object of the ref; of a lightweight tag it is the commit.
        commit: the commit that it leads to.
    """

    object_id: str
    commit: str


@dataclass(frozen=True, slots=True)
class HostedRepository:
    """A repository on a code host: the host's name, and `owner/name`."""

    host: str
    name: str

    def is_at(self, address: str) -> bool:
        """Whether an address of git leads to it: `https://host/owner/name.git`, `git@host:owner/name`."""
        found = _ADDRESS.fullmatch(address)
        if found is None:
            return False
        name = found["name"].strip("/").removesuffix(".git")
        return (found["host"].lower(), name.lower()) == (self.host.lower(), self.name.lower())


def remote_of(repo: GitProcess, hosted: HostedRepository) -> str | None:
    """The git remote that points at a repository; `origin` first, or None if there is none."""
    for remote in sorted(remotes(repo), key=lambda name: (name != "origin", name)):
        for key in ("pushurl", "url"):
            address = repo.output("config", "--get", f"remote.{remote}.{key}")
            if address is not None:
                if hosted.is_at(address):
                    return remote
                break
    return None


def remotes(repo: GitProcess) -> tuple[str, ...]:
    """The names of the git remotes, sorted."""
    return tuple(sorted(name for name in repo.run("remote").splitlines() if name))


def remote_url(repo: GitProcess, remote: str) -> str:
    """The address that the remote is pushed to.

    Raises:
        NotFound: there is no such remote.
        UsageError: the address would start a helper program, has a password in it, or is a folder
            of this repository.
    """
    address = repo.output("remote", "get-url", "--push", checked_remote(remote))
    if address is None:
        raise NotFound(f"there is no git remote {remote}", hint="see `git remote --verbose`")
    return checked_push_address(address.splitlines()[0], remote, trees=(repo.root, repo.git_dir))


def remote_tag(repo: GitProcess, remote: str, name: str) -> RemoteTag | None:
    """The tag on the remote, or None if it has no such tag.

    Raises:
        RemoteError: the remote cannot be reached.
        NotFound, UsageError: as `remote_url`.
    """
    ref = f"refs/tags/{checked_tag(name)}"
    listing = repo.run("ls-remote", "--", remote_url(repo, remote), ref, f"{ref}^{{}}", limits=_LIMITS)
    entries = (line.partition("\t") for line in listing.splitlines())
    found = {ref_name: object_id for object_id, _, ref_name in entries}
    if ref not in found:
        return None
    return RemoteTag(checked_commit(found[ref]), checked_commit(found.get(f"{ref}^{{}}", found[ref])))


def push_tag(repo: GitProcess, remote: str, tag: TagInfo) -> None:
    """Push exactly this tag, never by force, and confirm it by reading it back.

    Raises:
        NotFound: there is no such remote.
        Conflict: the remote has another tag of this name.
        RemoteError: the remote refused it; the message has the remote's own words.
    """
    name, address, ref = tag.name, remote_url(repo, remote), f"refs/tags/{tag.name}"
    on_remote = remote_tag(repo, remote, name)
    if on_remote is not None:
        require_same_object(remote, name, on_remote, tag.object_id, tag.commit)
    else:
        _push(repo, address, ref, remote, name)
    if remote_tag(repo, remote, name) != RemoteTag(tag.object_id, tag.commit):
        raise RemoteError(f"{remote} acknowledged the tag {name}, but does not list it", hint="run it again")


def require_same_object(remote: str, name: str, on_remote: RemoteTag, object_id: str, commit: str) -> None:
    """Refuse a tag on a remote that is another object than the local one.

    Raises:
        Conflict: it leads to another commit, is lightweight, or was made by somebody else.
    """
    if on_remote.commit != commit:
        raise Conflict(
            f"{remote} already has a tag {name} of the commit {on_remote.commit}", hint="tags never move"
        )
    if on_remote.object_id == object_id:
        return
    if on_remote.object_id == on_remote.commit:
        raise Conflict(
            f"{remote} already has a lightweight tag {name} of the same commit, without any digest",
            hint="a release without a tag may have made it; remove it there, or choose a new tag",
        )
    raise Conflict(
        f"{remote} has another tag {name} of the same commit: another publisher was faster",
        hint=f"to continue with that one: git fetch --force {remote} tag {name}",
    )


def _push(repo: GitProcess, address: str, ref: str, remote: str, name: str) -> None:
    # By address, not by name: the receivepack and mirror settings of the remote must not apply.
    try:
        repo.run("push", "--porcelain", "--no-verify", "--", address, f"{ref}:{ref}", limits=_LIMITS)
    except GitFailed as error:
        what = f"the tag {name} could not be pushed to {remote}"
        if words := remote_words(error.stderr):
            raise RemoteError(f"{what}: {words}", hint=_RULES_HINT) from None
        raise RemoteError(f"{what}: {error.reason}") from None
