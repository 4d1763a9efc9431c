"""A release in a shared registry: its files as one manifest, its signatures as referrers.

The tag leads to a manifest, which is a hint as all of a registry: `verify` checks what it downloads as it
checks any folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.bundle import sha256sums
from obrelease.bundle.asset_names import PROVENANCE_NAME, SIGNATURE_NAME, SIGSTORE_NAMES
from obrelease.errors import Conflict, IntegrityError, NotFound, UsageError
from obrelease.models.version_tag import Tag
from obrelease.registry.shared.attachments import find_attachments, push_attachment
from obrelease.registry.shared.pull_run import fetch_file
from obrelease.registry.shared.push_run import push_file
from obrelease.release.verify.download_url import Address, Read
from obrelease.remote.oci.descriptor import (
    EMPTY_CONFIG,
    MANIFEST,
    TITLE,
    Descriptor,
    Manifest,
    parse_manifest,
)
from obrelease.remote.oci.repository_client import RepositoryClient
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes, digest_file
from obrelease.storage.progress import Advance

RELEASE_TYPE: Final = "application/vnd.obrelease.release.v1"

_FILE_TYPE: Final = "application/octet-stream"
_PLAIN_TAG: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
_SIGNATURES: Final = (SIGNATURE_NAME, PROVENANCE_NAME, *SIGSTORE_NAMES)


@dataclass(frozen=True, slots=True)
class SharedRelease:
    """A release that was pushed.

    Attributes:
        tag: of the release.
        address: what `verify` takes.
        files, signatures: names.
    """

    tag: str
    address: str
    files: tuple[str, ...]
    signatures: tuple[str, ...]


def oci_tag(tag: str) -> str:
    """The tag of a release in a registry; other characters than a registry allows become a digest."""
    text = Tag.parse(tag).text
    if _PLAIN_TAG.fullmatch(text):
        return f"release.{text}"
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", text)[:80]
    return f"release.{plain}-{digest_bytes(text.encode())[:12]}"


def push_release(client: RepositoryClient, folder: Path, tag: str, advance: Advance) -> SharedRelease:
    """Push a folder with the files of a release, which was verified before; idempotent.

    Raises:
        Conflict: the registry has another release of this tag.
        IntegrityError: a file does not have the digest that SHA256SUMS lists.
        RemoteError: the registry failed or refused.
        NotFound, InvalidInput, StorageError: a file cannot be read.
    """
    sums = folder / sha256sums.NAME
    listed = sha256sums.parse(read_bounded(sums, sha256sums.MAX_BYTES), str(sums))
    digests = {sha256sums.NAME: digest_file(sums)[0], **listed}
    layers = tuple(
        Descriptor(_FILE_TYPE, digests[name], (folder / name).stat().st_size, {TITLE: name})
        for name in sorted(digests)
    )
    data = Manifest(EMPTY_CONFIG, layers, RELEASE_TYPE).to_bytes()
    subject = Descriptor(MANIFEST, digest_bytes(data), len(data))
    held = client.read_manifest(oci_tag(tag))
    if held is not None and held[0] != data:
        raise Conflict(
            f"{client.where}: the release {tag} is there with other files", hint="choose a new tag"
        )
    if held is None:
        client.push_empty_config()
        for layer in layers:
            push_file(client, folder / layer.annotations[TITLE], layer.sha256, layer.size, advance)
        client.push_manifest(oci_tag(tag), data)
    signatures = [name for name in _SIGNATURES if (folder / name).is_file()]
    for name in signatures:
        push_attachment(client, subject, folder / name)
    return SharedRelease(tag, f"{client.where}:{tag}", tuple(sorted(digests)), tuple(signatures))


def split_address(text: str) -> tuple[str, str]:
    """Place and tag of `oci://HOST/PATH:TAG`; raises `UsageError`."""
    place, colon, tag = text.rpartition(":")
    if not colon or "/" not in place.removeprefix("oci://"):
        raise UsageError(
            f"{text[:200]!a} names no release in a registry", hint="write oci://HOST/PATH:TAG, as `push` says"
        )
    return place, Tag.parse(tag).text


def open_release(client: RepositoryClient, tag: str) -> tuple[Address, Read]:
    """The address of a release for messages, and what downloads one of its files.

    Raises:
        NotFound: the registry has no such release.
        RemoteError: the registry failed, or the manifest is malformed.
    """
    held = client.read_manifest(oci_tag(tag))
    if held is None:
        raise NotFound(f"{client.where}: there is no release {tag}")
    manifest = parse_manifest(held[0], f"{client.where}: release {tag}")
    files: dict[str, tuple[str, int]] = {
        each.title: (each.sha256, each.size) for each in find_attachments(client, digest_bytes(held[0]))
    }
    files |= {
        layer.annotations[TITLE]: (layer.sha256, layer.size)
        for layer in manifest.layers
        if TITLE in layer.annotations
    }
    address = Address(f"{client.where}:{tag}", tag)
    return address, _Reader(client, address, files)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Downloads files of a release by name."""

    client: RepositoryClient
    address: Address
    files: Mapping[str, tuple[str, int]]

    def __call__(self, url: str, target: Path, limit: int, advance: Advance) -> bool:
        """Download a file; False if the release has none of this name."""
        name = url.removeprefix(f"{self.address.base}/")
        if name not in self.files:
            return False
        sha256, size = self.files[name]
        if size > limit:
            raise IntegrityError(f"{url}: has {size:,} bytes, more than the {limit:,} that are expected")
        fetch_file(self.client, target, sha256, size, advance)
        return True
