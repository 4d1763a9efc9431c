"""Check every layer of a release."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from obrelease.api.arguments import checked_path
from obrelease.api.open_shared_release import opened_release
from obrelease.api.project import Project, ProjectLike, project_of
from obrelease.api.project_forge import forge_of
from obrelease.release.verify.download_url import Address, Read
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
        release: a tag, a folder of the release's files (with a `/`), or an address, also of a release in a
            shared registry: `oci://HOST/PATH:TAG`.
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
    with opened_release(release, owner) as open_shared:
        return _verified(release, owner, open_shared, policy, attestations, reporter)


def _verified(
    release: str | os.PathLike[str],
    owner: Project,
    open_shared: Callable[[], tuple[Address, Read]] | None,
    policy: str | os.PathLike[str] | None,
    attestations: Sequence[str | os.PathLike[str]],
    reporter: Reporter,
) -> VerifyResult:
    return verify_release(
        release if isinstance(release, str) else _folder_text(Path(release)),
        project=owner.name,
        root=owner.root,
        open_forge=lambda: forge_of(owner, reporter),
        open_shared=open_shared,
        policy=None if policy is None else checked_path("policy", policy),
        attestations=[checked_path("attestations", file) for file in attestations],
        progress=reporter.progress,
    )


def _folder_text(folder: Path) -> str:
    """A folder as text that cannot be taken for a tag."""
    return str(folder) if folder.is_absolute() else f"{os.curdir}{os.sep}{folder}"
