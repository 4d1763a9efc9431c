"""Downloads a release from an address, without a token.

The files are those that SHA256SUMS lists and the signatures. An address cannot list further files; the
`forge` layer says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.bundle import sha256sums
from obrelease.bundle.asset_names import MANIFEST_NAME, PROVENANCE_NAME, SIGNATURE_NAME, SIGSTORE_NAMES
from obrelease.bundle.signing import armor
from obrelease.errors import IntegrityError, NotFound
from obrelease.models.manifest import BundleManifest
from obrelease.models.provenance import MAX_BYTES
from obrelease.models.validation import read_document
from obrelease.release.verify.layer_result import LayerResult
from obrelease.remote.plain_addresses import checked_address
from obrelease.storage.files import MAX_DOCUMENT_BYTES, read_bounded
from obrelease.storage.limits import Resource, require
from obrelease.storage.progress import Advance, Progress

_PAGE: Final = re.compile(r"(https://[^/]+/[^/]+/[^/]+/releases)/tag/([^/]+)/?")

Read = Callable[[str, Path, int, Advance], bool]


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a folder of files, and the tag if the address names one."""

    base: str
    tag: str | None

    @classmethod
    def parse(cls, text: str) -> Address:
        """Parse a release page of GitHub (`.../releases/tag/TAG`), or the address of a folder of files.

        Raises:
            UsageError: it is not an https address, or has a user, a query or a fragment.
        """
        checked_address(text)
        page = _PAGE.fullmatch(text)
        if page is None:
            return cls(text.rstrip("/"), None)
        return cls(f"{page[1]}/download/{page[2]}", page[2])


def is_address(text: str) -> bool:
    """Whether the text is an address, and not a tag or a folder."""
    return "://" in text


def download_from_address(
    address: Address, folder: Path, progress: Progress, read: Read | None = None
) -> LayerResult:
    """Download the files of a release into an empty folder.

    Args:
        read: downloads one file; returns False if it does not exist. None downloads over HTTPS.

    Raises:
        NotFound: there is no release at the address.
        IntegrityError: a file that SHA256SUMS or the manifest lists is missing.
        InvalidInput: SHA256SUMS or the manifest is malformed.
        RemoteError: a download failed.
    """

    if read is None:
        from obrelease.remote.http_download import download_to_file

        read = download_to_file
    reader = read

    def get(name: str, limit: int, advance: Advance) -> bool:
        return reader(f"{address.base}/{name}", folder / name, limit, advance)

    with progress("downloading", None) as advance:
        if not get(sha256sums.NAME, sha256sums.MAX_BYTES, advance):
            raise NotFound(f"{address.base}: has no {sha256sums.NAME}", hint="pass the address of a release")
        if not get(MANIFEST_NAME, MAX_DOCUMENT_BYTES, advance):
            raise IntegrityError(f"{address.base}: has no {MANIFEST_NAME}")
        sizes = _sizes(folder, address.base)
        require(Resource.DOWNLOADED, sum(sizes.values()), address.base)
        for name, size in sorted(sizes.items()):
            if not get(name, size, advance):
                raise IntegrityError(f"{address.base}: {name} is missing")
        get(SIGNATURE_NAME, armor.MAX_BYTES, advance)
        get(PROVENANCE_NAME, MAX_BYTES, advance)
        for name in SIGSTORE_NAMES:
            get(name, MAX_DOCUMENT_BYTES, advance)
    return LayerResult("forge", False, "an address has no page to compare")


def _sizes(folder: Path, where: str) -> dict[str, int]:
    """The files that SHA256SUMS lists, without the manifest, with the sizes in the manifest."""
    listed = sha256sums.parse(
        read_bounded(folder / sha256sums.NAME, sha256sums.MAX_BYTES), f"{where}/{sha256sums.NAME}"
    )
    data = read_bounded(folder / MANIFEST_NAME, MAX_DOCUMENT_BYTES)
    manifest = read_document(data, BundleManifest, f"{where}/{MANIFEST_NAME}")
    sizes = {asset.name: asset.size for asset in manifest.files}
    if listed.keys() - {MANIFEST_NAME} != sizes.keys():
        raise IntegrityError(f"{where}: {sha256sums.NAME} and {MANIFEST_NAME} list different files")
    return sizes
