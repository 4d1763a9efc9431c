"""Loads a release policy, and checks a verified release against it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from obrelease.bundle.signing.ssh import AllowedSigners
from obrelease.errors import CheckFailed, IntegrityError
from obrelease.models.policy_file import MAX_POLICY_BYTES
from obrelease.models.release_policy import ReleasePolicy, read_release_policy
from obrelease.models.version_tag import Tag
from obrelease.release.verify.layer_result import LayerResult
from obrelease.release.verify.release_files import VerifiedFiles
from obrelease.storage.files import read_bounded
from obrelease.storage.system_errors import storage_errors


def load_policy(path: Path, scratch: Path) -> tuple[ReleasePolicy, AllowedSigners | None]:
    """Load a policy and its allowed signers; None if it has no list of signers.

    Args:
        scratch: a folder for a copy of the list of signers.

    Raises:
        NotFound, InvalidInput, StorageError: the policy or its list of signers cannot be read.
    """
    policy = read_release_policy(read_bounded(path, MAX_POLICY_BYTES), str(path))
    if policy.allowed_signers_file is not None:
        listed = read_bounded(path.parent / policy.allowed_signers_file, MAX_POLICY_BYTES)
    elif policy.allowed_signers is not None:
        listed = policy.allowed_signers.encode("utf-8")
    else:
        return policy, None
    file = scratch / "allowed_signers"
    with storage_errors(file):
        file.write_bytes(listed if listed.endswith(b"\n") else listed + b"\n")
    return policy, AllowedSigners(file, frozenset(policy.signers))


def enforce_policy(policy: ReleasePolicy, verified: VerifiedFiles, layers: Sequence[LayerResult]) -> None:
    """Refuse a release that does not have what the policy requires.

    Raises:
        IntegrityError: it is of another project, or older than the policy accepts.
        CheckFailed: required layers are missing or could not be checked; the message names each.
    """
    manifest = verified.manifest
    if manifest.project != policy.project:
        raise IntegrityError(f"the policy is for {policy.project}, the release is of {manifest.project}")
    oldest = policy.not_older_than
    if oldest is not None and Tag.parse(manifest.tag) < Tag.parse(oldest):
        raise IntegrityError(
            f"the release is {manifest.tag}, the policy accepts nothing older than {oldest}",
            hint="this is an old release, or the policy's not_older_than is too high",
        )
    states = {layer.name: layer for layer in layers}
    missing = [
        f"{name} ({states[name].detail if name in states else 'not checked'})"
        for name in policy.require
        if name not in states or not states[name].checked
    ]
    if missing:
        raise CheckFailed(
            f"{manifest.project} {manifest.tag} lacks what the policy requires: {'; '.join(missing)}",
            hint="do not use this release, unless you can provide the layer: fetch the tag, install gh",
        )
