"""Step `sign`: add SHA256SUMS.sig and the provenance, signed with the key or copied from the tag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from obrelease.bundle import sha256sums
from obrelease.bundle.asset_names import PROVENANCE_NAME, SIGNATURE_NAME
from obrelease.bundle.signing.armor import from_base64, to_armor, to_base64
from obrelease.bundle.signing.ssh import PROVENANCE_NAMESPACE, SUMS_NAMESPACE, check, sign
from obrelease.errors import Conflict
from obrelease.models.manifest import ReleaseAsset
from obrelease.models.plan import Plan
from obrelease.models.provenance import PAYLOAD_TYPE, envelope_bytes, pae, statement_bytes
from obrelease.release.publish.compare_assets import require_same_tag
from obrelease.release.publish.staged_release import PackedAsset, PackedRelease, StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.release.verify.tag_message import PROVENANCE, SUMS, digests_in, signatures_in
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.system_errors import storage_errors

_NAMESPACES: Final = {SUMS: SUMS_NAMESPACE, PROVENANCE: PROVENANCE_NAMESPACE}


class Sign:
    """Adds the signatures to the packed release.

    An existing tag decides: its signatures are used. So a rebuild in CI, which has no key, gives the
    same release that the maintainer signed, or none.
    """

    name = "sign"

    def skip(self, plan: Plan) -> str | None:
        """Never."""

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Sign, or use the signatures of the tag.

        Raises:
            Conflict: the tag exists and has other digests, or is not signed.
            IntegrityError: the tag's signatures are not of these bytes.
            UsageError: the key cannot be used.
        """
        packed = staged.require_packed()
        texts = _texts(packed)
        found = _from_tag(plan, context, packed)
        if not found and context.key is None:
            context.reporter.note("sign: no key was given with --sign, the release has no signatures")
            return staged
        if not found:
            found = _new_signatures(context, texts)
        blobs = {name: from_base64(text, f"{name}-signature") for name, text in found.items()}
        signers = {
            name: check(blobs[name], _NAMESPACES[name], texts[name], f"{name}-signature") for name in texts
        }
        payload = statement_bytes(packed.manifest, _digests(packed))
        envelope = envelope_bytes(payload, signers[PROVENANCE].fingerprint, found[PROVENANCE])
        added = (
            _written(packed, SIGNATURE_NAME, to_armor(blobs[SUMS])),
            _written(packed, PROVENANCE_NAME, envelope),
        )
        return replace(staged, packed=replace(packed, assets=(*packed.assets, *added), signatures=found))


def _digests(packed: PackedRelease) -> dict[str, str]:
    return {asset.facts.name: asset.facts.sha256 for asset in packed.assets}


def _texts(packed: PackedRelease) -> dict[str, bytes]:
    """What is signed, by the name of the signature."""
    file = next(asset.file for asset in packed.assets if asset.facts.name == sha256sums.NAME)
    payload = statement_bytes(packed.manifest, _digests(packed))
    return {SUMS: read_bounded(file, sha256sums.MAX_BYTES), PROVENANCE: pae(PAYLOAD_TYPE, payload)}


def _from_tag(plan: Plan, context: PublishContext, packed: PackedRelease) -> dict[str, str]:
    """The signatures of an existing tag; empty if the release has yet to be signed."""
    present = context.repo.local_tag(plan.tag)
    if present is None:
        return {}
    found = signatures_in(present.message)
    if found or digests_in(present.message):
        require_same_tag(plan, present, packed)
    if found.keys() == _NAMESPACES.keys():
        return found
    if context.key is not None:
        raise Conflict(
            f"the tag {plan.tag} exists already, and is not signed",
            hint="tags never move: make a new one, or delete this one if it was never pushed",
        )
    return {}


def _new_signatures(context: PublishContext, texts: Mapping[str, bytes]) -> dict[str, str]:
    key = context.key
    if key is None:
        raise AssertionError("without a signature there is a key")
    context.reporter.note(f"sign: with {key}; touch the hardware key now, if it is one")
    return {name: to_base64(sign(key, _NAMESPACES[name], text)) for name, text in sorted(texts.items())}


def _written(packed: PackedRelease, name: str, data: bytes) -> PackedAsset:
    file = packed.assets[0].file.parent / name
    with storage_errors(file), file.open("xb") as sink:
        sink.write(data)
    return PackedAsset(ReleaseAsset(name=name, size=len(data), sha256=digest_bytes(data)), file)
