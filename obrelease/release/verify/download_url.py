"""A release behind an address: fetched without a token, by the names that SHA256SUMS and we know.

An address lists nothing, so files beyond those names cannot be seen; the forge layer says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.bundle import sha256sums
from obrelease.bundle.asset_names import MANIFEST_NAME, PROVENANCE_NAME, SIGNATURE_NAME
from obrelease.bundle.signing import armor
from obrelease.errors import IntegrityError, NotFound
from obrelease.models.manifest import BundleManifest
from obrelease.models.provenance import MAX_BYTES
from obrelease.models.validation import read_document
from obrelease.release.verify.release_files import Layer
from obrelease.remote.http_download import checked_address, download_to_file
from obrelease.storage.files import MAX_DOCUMENT_BYTES, read_bounded
from obrelease.storage.progress import Advance, Progress

_PAGE: Final = re.compile(r"(https://[^/]+/[^/]+/[^/]+/releases)/tag/([^/]+)/?")

Read = Callable[[str, Path, int, Advance], bool]


@dataclass(frozen=True, slots=True)
class Address:
    """Where the files of a release are, and the tag where the address names one."""

    base: str
    tag: str | None

    @classmethod
    def parse(cls, text: str) -> Address:
        """A release page of GitHub (`.../releases/tag/TAG`), or the address of a folder of files.

        Raises:
            UsageError: it is not an address that may be read.
        """
        checked_address(text)
        page = _PAGE.fullmatch(text)
        if page is None:
            return cls(text.rstrip("/"), None)
        return cls(f"{page[1]}/download/{page[2]}", page[2])


def looks_like_address(text: str) -> bool:
    """Whether the user means an address rather than a tag or a folder."""
    return "://" in text


def fetch_address(address: Address, folder: Path, progress: Progress, read: Read = download_to_file) -> Layer:
    """Download the files of a release into a folder that is there and empty.

    Raises:
        NotFound: no release is behind the address.
        IntegrityError: a file that SHA256SUMS or the manifest names is missing.
        InvalidInput: SHA256SUMS or the manifest is malformed.
        RemoteError: the address could not be read.
    """

    def get(name: str, limit: int, advance: Advance) -> bool:
        return read(f"{address.base}/{name}", folder / name, limit, advance)

    with progress("downloading", None) as advance:
        if not get(sha256sums.NAME, sha256sums.MAX_BYTES, advance):
            raise NotFound(
                f"{address.base}: holds no {sha256sums.NAME}", hint="give the address of a release"
            )
        if not get(MANIFEST_NAME, MAX_DOCUMENT_BYTES, advance):
            raise IntegrityError(f"{address.base}: holds no {MANIFEST_NAME}")
        for name, size in sorted(_sizes(folder, address.base).items()):
            if not get(name, size, advance):
                raise IntegrityError(f"{address.base}: {name} is missing")
        get(SIGNATURE_NAME, armor.MAX_BYTES, advance)
        get(PROVENANCE_NAME, MAX_BYTES, advance)
    return Layer("forge", False, "an address lists nothing: files that no other file names are not seen")


def _sizes(folder: Path, where: str) -> dict[str, int]:
    """The files that the sums list, the manifest apart, with the sizes that the manifest gives them."""
    listed = sha256sums.parse(
        read_bounded(folder / sha256sums.NAME, sha256sums.MAX_BYTES), f"{where}/{sha256sums.NAME}"
    )
    data = read_bounded(folder / MANIFEST_NAME, MAX_DOCUMENT_BYTES)
    manifest = read_document(data, BundleManifest, f"{where}/{MANIFEST_NAME}")
    sizes = {asset.name: asset.size for asset in (manifest.bundle, *manifest.assets)}
    if listed.keys() - {MANIFEST_NAME} != sizes.keys():
        raise IntegrityError(f"{where}: {sha256sums.NAME} and {MANIFEST_NAME} name different files")
    return sizes
