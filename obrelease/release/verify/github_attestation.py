"""GitHub's attestation of a release, as `gh` judges it: who built it, by GitHub's own word."""

from __future__ import annotations

import shutil
import subprocess
from typing import Final

from obrelease.bundle import sha256sums
from obrelease.errors import IntegrityError
from obrelease.models.finding import printable
from obrelease.models.verification_policy import VerificationPolicy
from obrelease.release.verify.release_files import Layer, Verified

_DEADLINE_S: Final = 300


def attestation_layer(verified: Verified, policy: VerificationPolicy | None) -> Layer:
    """Ask `gh` whether the policy's repository attested SHA256SUMS, which covers every other file.

    It needs the network, so it is asked only where the policy demands it.

    Raises:
        IntegrityError: `gh` says no.
    """
    if policy is None or policy.repository is None or "attestation" not in policy.require:
        return Layer("attestation", False, "no policy demands it")
    gh = shutil.which("gh")
    if gh is None:
        return Layer("attestation", False, "gh is not installed")
    file = verified.folder / sha256sums.NAME
    workflow = ["--signer-workflow", policy.signer_workflow] if policy.signer_workflow else []
    arguments = ["attestation", "verify", str(file.absolute()), "--repo", policy.repository, *workflow]
    try:
        done = subprocess.run(
            [gh, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_DEADLINE_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Layer("attestation", False, f"gh could not be run: {printable(str(error))[:200]}")
    verified.reread(sha256sums.NAME, sha256sums.MAX_BYTES)
    if done.returncode != 0:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise IntegrityError(
            f"{sha256sums.NAME}: gh finds no attestation of {policy.repository}: {printable(said[:300])}",
            hint="do not use this release; without a login or a network gh cannot say yes either",
        )
    return Layer("attestation", True, f"attested by {policy.signer_workflow or policy.repository}, says gh")
