"""The Forge protocol: a place where releases live, seen through the smallest set of acts.

Every adapter passes `tests/conformance/test_forge.py`. The protocol speaks `str` and `Path` only.
A release is a draft until `publish`, which is the one act that makes it public.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from obrelease.storage.progress import Advance


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of a release as the forge reports it; `sha256` is None where the forge keeps none."""

    id: str
    name: str
    size: int
    complete: bool
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Release:
    """A release as the forge reports it, drafts included.

    Attributes:
        commit: what the release was made for, a full object name; "" or a branch where the forge says so.
        claim: the mark of the run that made it, where it is a draft and carries one.
        immutable: the forge itself lets nobody change it, nor use its tag again.
    """

    id: str
    tag: str
    title: str
    notes: str
    draft: bool
    prerelease: bool
    assets: tuple[Asset, ...]
    url: str
    commit: str = ""
    claim: str = ""
    immutable: bool = False


@dataclass(frozen=True, slots=True)
class NewRelease:
    """What a draft is made of.

    Attributes:
        commit: the full object name the tag points to.
        claim: a mark of 32 hex digits by which this run knows its own draft again, or "".
            It is no part of the notes and nothing that readers of a public release see.
    """

    tag: str
    commit: str
    title: str
    notes: str
    prerelease: bool
    claim: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that publishing does on a forge, and the request or the file operation it is.

    What only the forge knows stands in braces, as `{id}` for the number of a release.
    """

    verb: Literal["look", "create-draft", "upload", "publish"]
    target: str
    request: str


class Forge(Protocol):
    """Where releases are kept.

    Every method raises `RemoteError` when the forge fails or answers nonsense, and never
    reports success for something it has not read back or been told in full.
    """

    @property
    def name(self) -> str:
        """What to call it in a message: `directory` or `github`, never a secret."""
        ...

    def outline(self, tag: str, names: Sequence[str]) -> tuple[Act, ...]:
        """What publishing a release with assets of these names does, in its order. Reaches nothing.

        Every write stands there once; a look may be repeated, and is whenever an answer was unclear.
        """
        ...

    def preflight(self) -> None:
        """Prove that releases can be made here. Reads only.

        Raises:
            RemoteError: not reachable, not permitted, or no such repository.
        """
        ...

    def find(self, tag: str) -> Release | None:
        """The release of a tag, published or draft, with all of its assets.

        Raises:
            Conflict: several releases answer to the tag.
        """
        ...

    def claimed(self, tag: str, claim: str) -> Release | None:
        """The draft of a tag that carries this claim, however many drafts there are."""
        ...

    def create_draft(self, new: NewRelease) -> Release:
        """Make an empty draft; after an ambiguous answer, look before doing anything again.

        Raises:
            Conflict: a release of that tag exists already, or the tag can never be used again.
            NotFound: the forge does not know the commit yet.
        """
        ...

    def upload(self, release: Release, name: str, path: Path, sha256: str, advance: Advance) -> Asset:
        """Put one file into a draft and confirm its size and digest.

        Idempotent: an asset of the same name that is complete and has the same size and
        digest is returned as it is; an incomplete one is replaced.

        `advance` hears of each byte once, perhaps from another thread.

        Raises:
            IntegrityError: the bytes on disk are not those that `sha256` names, or they changed
                while they were sent; they never arrive whole then.
            InvalidInput: the file is empty or not a regular file.
            StorageError: the file cannot be read, or is a symbolic link.
            Conflict: a complete asset of that name has other bytes, or the release is public.
        """
        ...

    def download(self, release: Release, asset: Asset, target: Path, advance: Advance) -> None:
        """Write an asset's bytes to a new file; nothing is left there on failure.

        Raises:
            IntegrityError: the bytes have not the size or the digest that `asset` announces.
            Conflict: `target` is there already.
            StorageError: it cannot be written.
        """
        ...

    def publish(self, release: Release) -> Release:
        """Turn the draft into the public release: the last and only flip. Idempotent.

        Raises:
            IntegrityError: an asset of the draft is not complete.
            Conflict: another release of the tag is there as well.
        """
        ...

    def delete_draft(self, release: Release) -> None:
        """Remove a draft and its assets; one that is gone already is fine.

        Raises:
            Conflict: the release is public; a public release is never deleted.
        """
        ...
