"""Writes files of a commit into a folder as they are stored: no line end or filter changes a byte."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from obrelease.errors import InvalidInput, RemoteError
from obrelease.remote.git.committed_files import TreeEntry, entries_at
from obrelease.remote.git.objects import ListedObject, read_objects
from obrelease.remote.git.process import GitProcess
from obrelease.storage.limits import Resource, charge
from obrelease.storage.system_errors import storage_errors


def export_files(repo: GitProcess, commit: str, folder: str, target: Path) -> int:
    """Write the regular files below a folder of a commit to a new folder; links and submodules are left out.

    Args:
        folder: relative to the root of the repository, with `/`.
        target: a folder that does not exist; the files are below it without `folder`.

    Returns:
        How many files were written.

    Raises:
        InvalidInput: a path of the commit leads out of the folder, or the files exceed the budget.
        RemoteError: git failed, or the repository lacks a file.
        StorageError: the disk refused.
    """
    files = {path: entry for path, entry in entries_at(repo, commit, f"{folder}/").items() if entry.is_file}
    listed = [_listed(path, entry) for path, entry in sorted(files.items())]
    with storage_errors(target):
        target.mkdir(parents=True)
        for each, data in read_objects(repo.git_output, listed):
            charge(Resource.UNPACKED, each.size, each.name)
            file = target / _below(each.name.removeprefix(f"{folder}/"), commit)
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("xb") as sink:
                sink.write(data)
    return len(files)


def _listed(path: str, entry: TreeEntry) -> ListedObject:
    if entry.size is None:
        raise RemoteError(f"the repository does not have {path}", hint="fetch it: git fetch --refetch")
    return ListedObject(entry.object_id, entry.size, path)


def _below(path: str, commit: str) -> PurePosixPath:
    below = PurePosixPath(path)
    if below.is_absolute() or {"..", ".git"} & set(below.parts):
        raise InvalidInput(f"{commit[:12]}: {path!a} is not a path below a folder")
    return below
