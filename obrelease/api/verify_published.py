"""Check every layer of a release."""

from __future__ import annotations

import os
from collections.abc import Sequence

from obrelease.api.arguments import checked_path
from obrelease.api.project import ProjectLike, project_of
from obrelease.api.project_forge import forge_of
from obrelease.release.verify.verify_release import VerifyResult, verify_release
from obrelease.storage.reporter import SILENT, Reporter


def verify(
    release: str | os.PathLike[str],
    *,
    policy: str | os.PathLike[str] | None = None,
    attestations: Sequence[str | os.PathLike[str]] = (),
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> VerifyResult:
    """Check a release: files, runs, notes, pictures, page, sources, tag, signatures, and a policy.

    Args:
        release: a tag, a folder of the release's files (with a `/`), or an address.
        policy: a release policy (TOML).
        attestations: files with Sigstore bundles; the policy names whose count.
        project: the repository that has the tag, and the forge that has the release.

    Returns:
        Every layer with what was checked; a failed check raises.

    Raises:
        NotFound: no such release.
        IntegrityError: a byte, a digest, a run, the notes, a signature, the tag or the page is wrong.
        InvalidInput: a document of the release or the policy is malformed.
        CheckFailed: the policy requires what the release does not have, or a run failed its checks.
        Conflict: two runs of the same workload have different events.
        UsageError: a malformed name, or the `sigstore` package is needed and missing.
        RemoteError, StorageError: the network or the disk failed.

    Example:
        >>> [layer.name for layer in verify("dist/engine-v1.0").layers if layer.checked]
    """
    owner = project_of(project)
    return verify_release(
        release if isinstance(release, str) else f"{os.curdir}{os.sep}{os.fspath(release)}",
        project=owner.name,
        root=owner.root,
        open_forge=lambda: forge_of(owner, reporter),
        policy=None if policy is None else checked_path("policy", policy),
        attestations=[checked_path("attestations", file) for file in attestations],
        progress=reporter.progress,
    )
