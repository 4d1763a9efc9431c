"""Releases and attached files in a shared registry."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from obrelease.api.arguments import checked_path
from obrelease.api.project import Project, ProjectLike, project_of
from obrelease.api.registry import RegistryLike, store_of
from obrelease.api.run_arguments import RunLike, run_name
from obrelease.api.shared_connection import connected
from obrelease.api.verify_published import verify
from obrelease.errors import NotFound
from obrelease.registry.shared.attachments import Attachment, find_attachments, push_attachment
from obrelease.registry.shared.pull_run import fetch_envelope
from obrelease.registry.shared.run_manifest import run_manifest, run_subject
from obrelease.release.shared_release import SharedRelease, push_release
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.output_files import write_output
from obrelease.storage.reporter import SILENT, Reporter
from obrelease.storage.system_errors import storage_errors


def push_release_folder(
    folder: str | os.PathLike[str],
    remote: str,
    *,
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> SharedRelease:
    """Verify a folder with the files of a release, and push it to a shared registry. Idempotent.

    Args:
        folder: as `bundle_runs` writes it, or as it was downloaded.
        remote: `oci://host/path`, or a name in the settings of `project`.
        project: as for `verify`.

    Raises: as `verify`, and
        Conflict: the registry has another release of this tag.
        RemoteError: the registry failed or refused.
    """
    owner, path = project_of(project), checked_path("folder", folder)
    tag = verify(path, project=owner, reporter=reporter).manifest.tag
    with connected(remote, owner, writes=True) as client, reporter.progress("pushing", None) as advance:
        return push_release(client, path, tag, advance)


def attach_to_run(
    registry: RegistryLike,
    remote: str,
    run: RunLike,
    files: Sequence[str | os.PathLike[str]],
    *,
    project: Project | None = None,
) -> tuple[Attachment, ...]:
    """Attach files to a run in a shared registry, such as a signature or a verdict. Idempotent.

    Args:
        registry: has the run.
        remote, project: as for `push_runs`.
        run: an entry, or a name as for `Registry.resolve`; it must have been pushed.
        files: of at most 16 MiB each.

    Raises:
        NotFound: no such run, or the registry does not have it.
        UsageError: a name that cannot be kept, or a file that is too large.
        RemoteError, StorageError: the registry or the disk failed.
    """
    store = store_of(registry)
    entry = store.resolve(run_name("run", run))
    with connected(remote, project, writes=True) as client:
        subject = run_subject(store.load(entry), entry)
        if client.manifest_digest(subject.digest) is None:
            raise NotFound(f"{client.where}: run {entry.digest} is not there", hint="push the run first")
        return tuple(push_attachment(client, subject, checked_path("files", file)) for file in files)


def fetch_attachments(
    remote: str, digest: str, folder: str | os.PathLike[str], *, project: Project | None = None
) -> tuple[Path, ...]:
    """Download what is attached to a run; returns the new files, named by digest and title.

    What they are worth is for their reader to check: a signature, or the policy of whoever gates.

    Args:
        remote, project: as for `push_runs`.
        digest: the artefact digest, all of it.
        folder: where the files are written.

    Raises:
        NotFound: the registry does not have the run.
        IntegrityError, RemoteError: the registry sent other bytes, or failed.
        StorageError: a file cannot be written.
    """
    target = checked_path("folder", folder)
    with connected(remote, project, writes=False) as client:
        data, artefact = fetch_envelope(client, digest)
        subject = digest_bytes(run_manifest(artefact, digest, len(data)).to_bytes())
        with storage_errors(target):
            target.mkdir(parents=True, exist_ok=True)
        found = []
        for each in find_attachments(client, subject):
            path = target / f"{digest[:12]}-{each.sha256[:12]}-{each.title}"
            if not path.exists():
                write_output(path, client.read_blob(each.sha256, size=each.size, limit=each.size))
            found.append(path)
        return tuple(found)
