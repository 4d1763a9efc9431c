"""Layer `members`: every member of a bundle belongs to a run, or is a schema, the notes or the checksums."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from obrelease.bundle import sha256sums
from obrelease.bundle.asset_names import NOTES_NAME, RESULTS_FOLDER
from obrelease.bundle.reader import BundleContents
from obrelease.errors import IntegrityError
from obrelease.models.manifest import BundleManifest
from obrelease.release.release_contents import SCHEMAS_FOLDER, schema_members
from obrelease.release.verify.layer_result import DOWNLOAD_AGAIN, LayerResult, listed, require_equal
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes

_SCHEMA: Final = re.compile(rf"{SCHEMAS_FOLDER}/[a-z][a-z-]{{0,63}}\.v[0-9]{{1,4}}\.schema\.json")


def require_members(contents: BundleContents, manifest: BundleManifest) -> None:
    """Require the members of the manifest, each with a known place.

    Raises:
        IntegrityError: a member differs from the manifest, belongs to nothing, or is missing.
    """
    name = manifest.bundle.name
    if contents.members != manifest.members:
        differing = sorted({member.path for member in {*contents.members} ^ {*manifest.members}})
        raise IntegrityError(f"{name}: {listed(differing)}: differ from the manifest", hint=DOWNLOAD_AGAIN)
    needed = {sha256sums.NAME, NOTES_NAME}
    runs = tuple(f"{run.path}/" for run in manifest.runs if run.path.startswith(f"{RESULTS_FOLDER}/"))
    for member in contents.members:
        path = member.path
        if not (path in needed or path.startswith(runs) or _SCHEMA.fullmatch(path)):
            raise IntegrityError(
                f"{name}: {path} belongs to no run of the manifest and is no other part of a release",
                hint=DOWNLOAD_AGAIN,
            )
    if missing := sorted(needed - {member.path for member in contents.members}):
        raise IntegrityError(f"{name}: {missing[0]}: is missing", hint=DOWNLOAD_AGAIN)


def members_layer(contents: BundleContents, manifest: BundleManifest, unpacked: Path) -> LayerResult:
    """Compare the members with the inner SHA256SUMS, and the schemas with those of this version.

    Raises:
        IntegrityError: the inner SHA256SUMS lists other files or digests.
        InvalidInput: it is malformed.
    """
    where = f"{manifest.bundle.name}: {sha256sums.NAME}"
    sums = sha256sums.parse(read_bounded(unpacked / sha256sums.NAME, sha256sums.MAX_BYTES), where)
    inside = {member.path: member.sha256 for member in contents.members if member.path != sha256sums.NAME}
    require_equal(sums, inside, where)
    own = {path: digest_bytes(data) for path, data in schema_members().items()}
    schemas = {path: digest for path, digest in inside.items() if _SCHEMA.fullmatch(path)}
    unknown = sorted(path for path, digest in schemas.items() if own.get(path) != digest)
    detail = (
        f"{len(contents.members)} valid members, equal to the manifest and the inner SHA256SUMS; "
        f"{len(schemas) - len(unknown)} of {len(schemas)} schemas are those of this version"
    )
    if unknown:
        detail += f"; not known here: {listed(unknown)}"
    return LayerResult("members", True, detail)
