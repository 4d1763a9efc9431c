"""Which files of a release the Sigstore bundles of trusted identities cover. Loads the `sigstore` package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.bundle import sha256sums
from obrelease.bundle.signing.sigstore_bundle import (
    MAX_BUNDLE_BYTES,
    MAX_TRUSTED_ROOT_BYTES,
    IgnoredSignature,
    SigstoreSignature,
    SigstoreVerifier,
    TrustedIdentity,
)
from obrelease.errors import IntegrityError, InvalidInput, ObreleaseError
from obrelease.models.manifest import BundleManifest
from obrelease.models.release_policy import TAG_PLACEHOLDER, SigstoreIdentity
from obrelease.release.verify.release_files import UNLISTED_FILES, VerifiedFiles
from obrelease.storage.files import read_bounded

MAX_BUNDLES: Final = 64
"""The maximum number of bundles that are verified for one release."""

MAX_LINES_BYTES: Final = 16 * 2**20
"""The largest file that holds a bundle on each line."""

_LINES_SUFFIX: Final = ".jsonl"
_MAX_REASONS: Final = 3
_HINT: Final = "do not use this release, unless the identities in the policy are out of date"


@dataclass(frozen=True, slots=True)
class Bundles:
    """Where the bundles of a release are.

    Attributes:
        present: names of bundle files in the release's folder.
        attestations: files that the user passed.
    """

    verified: VerifiedFiles
    present: tuple[str, ...]
    attestations: tuple[Path, ...]

    def read(self) -> Iterator[tuple[str, bytes]]:
        """Every bundle with its name in errors.

        Raises:
            InvalidInput: a file is too large, or there are more than `MAX_BUNDLES`.
        """
        for number, item in enumerate(self._read_files()):
            if number == MAX_BUNDLES:
                raise InvalidInput(f"{item[0]}: more than {MAX_BUNDLES} Sigstore bundles")
            yield item

    def _read_files(self) -> Iterator[tuple[str, bytes]]:
        for name in self.present:
            yield from _split(name, self.verified.reread(name, _limit_bytes(name)))
        for path in self.attestations:
            yield from _split(str(path), read_bounded(path, _limit_bytes(path.name)))


@dataclass(frozen=True, slots=True)
class _TrustGroup:
    """The identities that count under one trusted root."""

    verifier: SigstoreVerifier
    identities: tuple[TrustedIdentity, ...]


def require_covered(bundles: Bundles, identities: Sequence[SigstoreIdentity], policy_folder: Path) -> str:
    """Verify every bundle, and require that trusted identities signed the whole release.

    Returns:
        What was verified: the file, the identity and the issuer.

    Raises:
        IntegrityError: a bundle is wrong, or the release is not covered.
        InvalidInput: a bundle or a trusted root is malformed.
        NotFound, StorageError: a file cannot be read.
    """
    groups = _trust_groups(identities, policy_folder, bundles.verified.manifest)
    signed: list[tuple[str, SigstoreSignature]] = []
    ignored: list[str] = []
    for where, data in bundles.read():
        found = _verify_under_any_root(groups, bundles.verified, data, where)
        if isinstance(found, IgnoredSignature):
            ignored.append(f"{where}: {found.reason}")
        else:
            signed.append((where, found))
    listed = bundles.verified.digests.keys() - UNLISTED_FILES
    covered = {name for _, signature in signed for name in signature.files} & listed
    others = f"; {len(ignored)} other signatures do not count" if ignored else ""
    for where, signature in signed:
        if sha256sums.NAME in signature.files:
            return f"{sha256sums.NAME} signed by {_describe(signature)}, in {where}{others}"
    if signed and covered == listed:
        return f"each of {len(listed)} files signed by {_describe(*(item for _, item in signed))}{others}"
    if signed:
        missing = sorted(listed - covered)
        ignored.insert(0, f"{missing[0]} is not signed, nor is {sha256sums.NAME}, which lists it")
    raise IntegrityError(
        f"not signed as the policy requires: {'; '.join(ignored[:_MAX_REASONS])}", hint=_HINT
    )


def _describe(*signatures: SigstoreSignature) -> str:
    return " and ".join(sorted({f"{item.identity}, issuer {item.issuer}" for item in signatures}))


def _trust_groups(
    identities: Sequence[SigstoreIdentity], policy_folder: Path, manifest: BundleManifest
) -> tuple[_TrustGroup, ...]:
    by_root: dict[str | None, list[TrustedIdentity]] = {}
    for entry in identities:
        by_root.setdefault(entry.trusted_root, []).append(
            TrustedIdentity(
                identity=entry.identity.replace(TAG_PLACEHOLDER, manifest.tag),
                issuer=entry.issuer,
                source_repository=entry.source_repository,
                source_commit=manifest.commit if entry.source_repository else None,
            )
        )
    return tuple(
        _TrustGroup(_open_root(root, policy_folder), tuple(found)) for root, found in by_root.items()
    )


def _open_root(name: str | None, policy_folder: Path) -> SigstoreVerifier:
    if name is None:
        return SigstoreVerifier()
    file = policy_folder / name
    return SigstoreVerifier(read_bounded(file, MAX_TRUSTED_ROOT_BYTES), str(file))


def _verify_under_any_root(
    groups: Sequence[_TrustGroup], verified: VerifiedFiles, data: bytes, where: str
) -> SigstoreSignature | IgnoredSignature:
    """The signature, if any trusted root accepts it.

    Raises:
        IntegrityError, InvalidInput: every root refuses it; the error of the first.
    """
    message = sha256sums.NAME, verified.reread(sha256sums.NAME, sha256sums.MAX_BYTES)
    refused: list[ObreleaseError] = []
    ignored: list[IgnoredSignature] = []
    for group in groups:
        try:
            found = group.verifier.verify(
                data, where, digests=verified.digests, message=message, trusted=group.identities
            )
        except (IntegrityError, InvalidInput) as error:
            refused.append(error)
            continue
        if isinstance(found, SigstoreSignature):
            return found
        ignored.append(found)
    if ignored:
        return ignored[0]
    raise refused[0]


def _limit_bytes(name: str) -> int:
    return MAX_LINES_BYTES if name.endswith(_LINES_SUFFIX) else MAX_BUNDLE_BYTES


def _split(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The bundles of a file: one on each line of a `.jsonl` file, one in any other."""
    if not name.endswith(_LINES_SUFFIX):
        yield name, data
        return
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n", MAX_BUNDLES), start=1):
        yield f"{name}: line {number}", line
