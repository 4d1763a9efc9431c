"""The Sigstore layer of `verify`: keyless signatures of identities that the policy names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from obrelease.bundle.asset_names import SIGSTORE_NAME, SIGSTORE_NAMES
from obrelease.errors import UsageError
from obrelease.installation import install_extra
from obrelease.models.release_policy import ReleasePolicy
from obrelease.release.verify.layer_result import LayerResult
from obrelease.release.verify.release_files import VerifiedFiles


def require_identities(policy: ReleasePolicy | None, attestations: Sequence[Path]) -> None:
    """Refuse attestations for which no policy names an identity.

    Raises:
        UsageError: there are some, and there is no such policy.
    """
    if attestations and (policy is None or not policy.sigstore):
        raise UsageError(
            "--attestation needs a policy with [[sigstore]]",
            hint="pass --policy FILE; the file names the identity and the issuer whose signatures count",
        )


def sigstore_layer(
    verified: VerifiedFiles,
    policy: ReleasePolicy | None,
    policy_folder: Path,
    attestations: Sequence[Path],
) -> LayerResult:
    """Verify the Sigstore bundles of a release, without a network.

    They cover a release if trusted identities signed SHA256SUMS, or every file that it lists. The
    `sigstore` package is loaded only if the policy names identities and there is a bundle.

    Args:
        policy_folder: trusted roots are relative to it.
        attestations: files with bundles, beyond those in the release's folder.

    Raises:
        IntegrityError: a bundle is wrong, or no trusted identity signed the release.
        InvalidInput: a bundle or a trusted root is malformed, or there are too many bundles.
        NotFound, StorageError: a trusted root or an attestation cannot be read.
        UsageError: the `sigstore` package is missing, and the policy or an argument demands it.
    """
    present = [name for name in SIGSTORE_NAMES if name in verified.digests]
    if policy is None or not policy.sigstore:
        reason = "no policy names a Sigstore identity" if present else f"there is no {SIGSTORE_NAME}"
        return LayerResult("sigstore", False, reason)
    if not present and not attestations:
        return LayerResult("sigstore", False, f"there is no {SIGSTORE_NAME} and no --attestation")
    try:
        from obrelease.release.verify.sigstore_coverage import Bundles, require_covered
    except ImportError as error:
        install = install_extra("sigstore")
        if attestations or "sigstore" in policy.require:
            raise UsageError(f"the sigstore package cannot be loaded: {error}", hint=install) from error
        return LayerResult("sigstore", False, f"the sigstore package is not installed; {install}")
    bundles = Bundles(verified, tuple(present), tuple(attestations))
    return LayerResult("sigstore", True, require_covered(bundles, policy.sigstore, policy_folder))
