"""Checks GitHub's attestation of a release, which says what workflow built it, with `gh`."""

from __future__ import annotations

import shutil
import subprocess
from typing import Final

from obrelease.bundle import sha256sums
from obrelease.errors import IntegrityError
from obrelease.models.finding import printable
from obrelease.models.release_policy import ReleasePolicy
from obrelease.release.verify.layer_result import LayerResult
from obrelease.release.verify.release_files import VerifiedFiles

_DEADLINE_S: Final = 300


def attestation_layer(verified: VerifiedFiles, policy: ReleasePolicy | None) -> LayerResult:
    """Let `gh` check that the policy's repository attested SHA256SUMS, which covers all other files.

    This needs the network, so it is done only if the policy requires it.

    Raises:
        IntegrityError: `gh` found no valid attestation.
    """
    if policy is None or policy.repository is None or "attestation" not in policy.require:
        return LayerResult("attestation", False, "no policy requires it")
    gh = shutil.which("gh")
    if gh is None:
        return LayerResult("attestation", False, "gh is not installed")
    file = verified.folder / sha256sums.NAME
    workflow = ["--signer-workflow", policy.signer_workflow] if policy.signer_workflow else []
    arguments = ["attestation", "verify", str(file.absolute()), "--repo", policy.repository, *workflow]
    try:
        done = subprocess.run(
            [gh, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_DEADLINE_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return LayerResult("attestation", False, f"gh could not be run: {printable(str(error))[:200]}")
    verified.reread(sha256sums.NAME, sha256sums.MAX_BYTES)
    if done.returncode != 0:
        message = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise IntegrityError(
            f"{sha256sums.NAME}: gh found no attestation of {policy.repository}: {printable(message[:300])}",
            hint="do not use this release; gh also fails without a login or a network",
        )
    return LayerResult(
        "attestation", True, f"attested by {policy.signer_workflow or policy.repository}, checked by gh"
    )
