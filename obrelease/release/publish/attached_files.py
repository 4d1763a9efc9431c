"""Files of the project that are released with its results: wheels, binaries, archives, bills of materials."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from obrelease.bundle import sha256sums
from obrelease.bundle.asset_names import MANIFEST_NAME, PROVENANCE_NAME, SIGNATURE_NAME, SIGSTORE_NAMES
from obrelease.errors import InvalidInput, NotFound, UsageError
from obrelease.models.manifest import ReleaseAsset
from obrelease.models.validation import model_errors
from obrelease.release.publish.staged_release import PackedAsset
from obrelease.storage.files import CHUNK_BYTES, open_regular
from obrelease.storage.hashing import digest_stream
from obrelease.storage.system_errors import storage_errors

OWN_NAMES: Final = frozenset(
    {MANIFEST_NAME, sha256sums.NAME, SIGNATURE_NAME, PROVENANCE_NAME, *SIGSTORE_NAMES}
)
"""The names that every release has for itself."""

MAX_ATTACHED: Final = 990
"""With the files of the release itself, fewer than a release on GitHub may have."""


def files_of_patterns(patterns: Sequence[str], root: Path) -> tuple[Path, ...]:
    """The files that the patterns of a settings file name, below the root, sorted and each once.

    Raises:
        UsageError: a pattern is absolute or leads out of the root, or a file is behind a link that does.
        NotFound: a pattern names no file.
    """
    found: set[Path] = set()
    for pattern in patterns:
        if not pattern or pattern.startswith("/") or ".." in Path(pattern).parts:
            raise UsageError(
                f"[tool.obrelease] attach: {pattern!a} is not a pattern below the project's root",
                hint='use patterns such as "dist/*.whl"; --attach names any file',
            )
        matches = [path for path in sorted(root.glob(pattern)) if path.is_file()]
        if not matches:
            raise NotFound(
                f"[tool.obrelease] attach: {pattern!a} names no file below {root}",
                hint="build the files first, or remove the pattern",
            )
        for path in matches:
            if not path.resolve().is_relative_to(root.resolve()):
                raise UsageError(f"[tool.obrelease] attach: {path} leads out of the project's root")
        found.update(matches)
    return tuple(sorted(found))


def distinct_files(files: Iterable[Path]) -> tuple[Path, ...]:
    """The files as absolute paths, each once, sorted by their asset names.

    Raises:
        UsageError: two files have one name, or there are too many.
    """
    by_name: dict[str, Path] = {}
    for file in files:
        path = Path(os.path.normpath(file.absolute()))
        other = by_name.setdefault(path.name.lower(), path)
        if other != path:
            raise UsageError(
                f"{other} and {path} would be one asset {path.name}", hint="rename one of the files"
            )
    if len(by_name) > MAX_ATTACHED:
        raise UsageError(f"{len(by_name):,} files are attached, at most {MAX_ATTACHED}")
    return tuple(sorted(by_name.values(), key=lambda path: path.name))


def attach_file(path: Path, assets: Path) -> PackedAsset:
    """Copy a file to the folder of assets and hash it on the way: these bytes are uploaded later.

    Raises:
        NotFound, InvalidInput: it does not exist, is empty or no regular file, or has no name for an asset.
        StorageError: the disk refused.
    """
    if path.name in OWN_NAMES:
        raise InvalidInput(f"{path}: a release has a file of this name itself", hint="rename the file")
    target = assets / path.name
    with open_regular(path) as source, storage_errors(target), target.open("xb", CHUNK_BYTES) as sink:
        sha256, size = digest_stream(source, sink.write)
    if size == 0:
        raise InvalidInput(f"{path}: is empty; a forge accepts no empty assets")
    hint = "GitHub changes other characters: use letters, digits and . _ -"
    with model_errors(f"{path}: cannot be an asset", hint=hint):
        return PackedAsset(ReleaseAsset(name=path.name, size=size, sha256=sha256), target)
