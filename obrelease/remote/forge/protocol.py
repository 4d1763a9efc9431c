"""The protocol of a forge: the smallest set of acts that publishing a release needs.

Every adapter passes `tests/conformance/test_forge.py`. A release is a draft until `publish`, the
only act that makes it public.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from obrelease.remote.forge.limits import ForgeLimits
from obrelease.storage.progress import Advance


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of a release as the forge reports it; `sha256` is None if the forge reports none."""

    id: str
    name: str
    size: int
    complete: bool
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Release:
    """A release as the forge reports it, drafts included.

    Attributes:
        commit: the full ID of the released commit; a forge may report "" or a branch instead.
        claim: of a draft, identifies the attempt that made it; "" if unknown.
        immutable: the forge prevents every change, and its tag can never be used again.
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
    """The contents of a new draft.

    Attributes:
        commit: the full ID of the commit that the tag points to.
        claim: 32 hex digits by which an attempt recognises its own draft, or "". It is no part of the
            notes, and readers of a public release do not see it.
    """

    tag: str
    commit: str
    title: str
    notes: str
    prerelease: bool
    claim: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """One act of publishing on a forge, with its request or file operation.

    Values that only the forge knows are written in braces, such as `{id}` for the number of a release.
    """

    verb: Literal["look", "create-draft", "upload", "set-page", "publish"]
    target: str
    request: str


class Forge(Protocol):
    """A code host that keeps releases.

    Every method raises `RemoteError` if the forge fails or its response is invalid. A method only
    returns after it has read back what it did, or got a complete confirmation.
    """

    @property
    def name(self) -> str:
        """The name for messages: `directory` or `github`; it holds no secret."""
        ...

    @property
    def limits(self) -> ForgeLimits | None:
        """What the forge accepts; None if it has no limits of its own."""
        ...

    @property
    def hosts_tags(self) -> bool:
        """Whether the forge has a git repository, whose tag a public release belongs to.

        Such a forge makes a lightweight tag of its own if it has none when a release becomes public.
        """
        ...

    def tag_object(self, tag: str) -> str | None:
        """The ID of the object that the forge's git repository has under a tag, or None if it has none.

        Of a lightweight tag it is the ID of the commit.
        """
        ...

    def asset_address(self, tag: str, name: str) -> str | None:
        """Where a reader of the public page finds an asset; None if the forge shows no pages."""
        ...

    def planned_acts(self, tag: str, names: Sequence[str], *, joins: bool = False) -> tuple[Act, ...]:
        """The acts of publishing a release with assets of these names, in their order.

        Args:
            joins: the assets go into a release that another tool made.

        Nothing is sent. Each write is listed once; reads are repeated after an ambiguous response.
        """
        ...

    def preflight(self) -> None:
        """Check that releases can be made. Reads only.

        Raises:
            RemoteError: not reachable, not permitted, or no such repository.
        """
        ...

    def find(self, tag: str) -> Release | None:
        """The release of a tag, published or draft, with all its assets.

        Raises:
            Conflict: several releases have the tag.
        """
        ...

    def find_claimed(self, tag: str, claim: str) -> Release | None:
        """The draft of a tag with this claim, even if there are several drafts."""
        ...

    def create_draft(self, new: NewRelease) -> Release:
        """Make an empty draft; after an ambiguous response, look before acting again.

        Raises:
            Conflict: a release of the tag exists, or the tag can never be used again.
            NotFound: the forge does not know the commit yet.
        """
        ...

    def upload(
        self,
        release: Release,
        name: str,
        path: Path,
        sha256: str,
        advance: Advance,
        *,
        joins: bool = False,
    ) -> Asset:
        """Upload one file to a draft and confirm its size and digest.

        Args:
            joins: the release was made by another tool, so it may be public, or become public meanwhile.

        Idempotent: a complete asset of the same name, size and digest is returned unchanged; an
        incomplete one is replaced. `advance` gets each byte once, perhaps from another thread.

        Raises:
            IntegrityError: the file does not have the digest `sha256`, or changed while it was sent;
                then the forge never gets all its bytes.
            InvalidInput: the file is empty, a symbolic link or not a regular file.
            NotFound, StorageError: the file does not exist or cannot be read.
            Conflict: a complete asset of the name has other bytes, or the release is public and `joins`
                is not set.
        """
        ...

    def download(self, release: Release, asset: Asset, target: Path, advance: Advance) -> None:
        """Write an asset to a new file; on failure nothing is left.

        Raises:
            IntegrityError: the bytes do not have the size or the digest of `asset`.
            Conflict: `target` exists.
            StorageError: it cannot be written.
        """
        ...

    def publish(self, release: Release) -> Release:
        """Make the draft public: the last act. Idempotent.

        Raises:
            IntegrityError: an asset of the draft is not complete.
            Conflict: another release has the same tag.
        """
        ...

    def set_page(self, release: Release, notes: str) -> Release:
        """Replace the notes of a release that another tool made; draft or public, and nothing else of it.

        Raises:
            Conflict: the release is immutable, or is now of another tag.
        """
        ...

    def delete_draft(self, release: Release) -> None:
        """Remove a draft and its assets; it may be gone already.

        Raises:
            Conflict: the release is public; a public release is never deleted.
        """
        ...
