"""Writes an RO-Crate: a folder of files with `ro-crate-metadata.json`, which says in JSON-LD what they are.

Source: RO-Crate 1.3 (w3id.org/ro/crate/1.3). The `rocrate` package (`obrelease[archive]`) makes the metadata;
this is the only module that imports it. Files are copied here, and each copy must have its digest.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from obrelease.errors import IntegrityError, UsageError
from obrelease.installation import install_extra
from obrelease.storage.files import open_regular
from obrelease.storage.hashing import digest_stream
from obrelease.storage.remove_tree import try_to_remove_tree
from obrelease.storage.system_errors import storage_errors

METADATA_NAME: Final = "ro-crate-metadata.json"
PREVIEW_NAMES: Final = frozenset({METADATA_NAME, "ro-crate-preview.html"})

_VERSION: Final = "1.3"


@dataclass(frozen=True, slots=True)
class CrateFile:
    """A file of the crate.

    Attributes:
        path: in the crate, with `/`.
        source: where it is copied from.
        media_type: such as `text/csv`.
    """

    path: str
    source: Path
    size: int
    sha256: str
    media_type: str
    description: str


@dataclass(frozen=True, slots=True)
class CrateValue:
    """A measured value: the name of the metric, its unit and a number."""

    name: str
    unit: str
    value: float


@dataclass(frozen=True, slots=True)
class CrateRun:
    """A run that the files come from.

    Attributes:
        digest: its artefact digest.
        command: the command line that makes it again.
        program, version: what measured.
        ended: when it was measured, ISO 8601.
        facts: of the machine and the workload, by name.
        results: paths of its files in the crate.
    """

    digest: str
    name: str
    command: str
    program: str
    version: str
    ended: str
    facts: Sequence[tuple[str, str]]
    values: Sequence[CrateValue]
    results: Sequence[str]


@dataclass(frozen=True, slots=True)
class Crate:
    """What a crate says of itself.

    Attributes:
        identifier: the digest that names it: of the artefact, or of the release's manifest.
        published: ISO 8601.
        license: the address of a license.
    """

    name: str
    description: str
    identifier: str
    published: str
    license: str
    files: Sequence[CrateFile]
    runs: Sequence[CrateRun]


def require_rocrate() -> None:
    """Check that the library is installed, without loading it.

    Raises:
        UsageError: it is not.
    """
    if importlib.util.find_spec("rocrate") is None:
        raise UsageError("RO-Crates need the rocrate package", hint=install_extra("archive"))


def write_crate(folder: Path, crate: Crate) -> None:
    """Write a crate into a new folder; on failure nothing is left.

    Raises:
        UsageError: the folder exists, or `rocrate` is not installed.
        IntegrityError: a file does not have its digest.
        NotFound, InvalidInput, StorageError: a file cannot be read, or the disk refused.
    """
    require_rocrate()
    with _new_folder(folder):
        for file in crate.files:
            _copy(file, folder)
        document = _metadata(folder, crate)
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        with storage_errors(folder), (folder / METADATA_NAME).open("xb") as out:
            out.write(text.encode("utf-8", "replace"))


@contextmanager
def _new_folder(folder: Path) -> Iterator[None]:
    with storage_errors(folder):
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            raise UsageError(f"{folder}: exists already", hint="name a new folder") from None
        try:
            yield
        except BaseException:
            try_to_remove_tree(folder)
            raise


def _copy(file: CrateFile, folder: Path) -> None:
    target = folder / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with open_regular(file.source) as source, target.open("xb") as sink:
        sha256, size = digest_stream(source, sink.write)
    if (sha256, size) != (file.sha256, file.size):
        raise IntegrityError(
            f"{file.source}: has sha256 {sha256}, recorded is {file.sha256}",
            hint="`obrelease fsck` names the damage",
        )


def _metadata(folder: Path, crate: Crate) -> dict[str, Any]:
    """The JSON-LD document."""
    from rocrate.rocrate import ROCrate

    made = ROCrate(version=_VERSION)
    root = made.root_dataset
    root["name"], root["description"] = crate.name, crate.description
    root["datePublished"] = crate.published
    root["identifier"] = _add(
        made, "#identifier", "PropertyValue", name="sha256", propertyID="sha256", value=crate.identifier
    )
    name = crate.license.rstrip("/").rpartition("/")[2]
    root["license"] = _add(
        made, crate.license, "CreativeWork", name=name, description=f"The license of these results: {name}"
    )
    files = {file.path: made.add(_file_entity(made, folder, file)) for file in crate.files}
    if actions := [_add_run(made, run, files) for run in crate.runs]:
        root["mentions"] = _one_or_all(actions)
    document: dict[str, Any] = made.metadata.generate()
    return document


def _add(made: Any, identity: str, kind: str, **properties: object) -> Any:
    """Add an entity that is no file."""
    from rocrate.model.contextentity import ContextEntity

    return made.add(ContextEntity(made, identity, properties={"@type": kind, **properties}))


def _file_entity(made: Any, folder: Path, file: CrateFile) -> Any:
    from rocrate.model.file import File

    properties = {
        "name": file.path.rpartition("/")[2],
        "description": file.description,
        "encodingFormat": file.media_type,
        "contentSize": str(file.size),
        "sha256": file.sha256,
    }
    return File(made, source=str(folder / file.path), dest_path=file.path, properties=properties)


def _add_run(made: Any, run: CrateRun, files: Mapping[str, Any]) -> Any:
    """The action that made some of the files, with the program, the facts and the values of the run."""
    short = run.digest[:12]
    facts = [
        _add(made, f"#fact-{short}-{number}", "PropertyValue", name=name, value=value)
        for number, (name, value) in enumerate(run.facts, 1)
    ]
    values = [
        _add(
            made, f"#value-{short}-{number}", "PropertyValue",
            name=each.name, unitText=each.unit, value=each.value,
        )
        for number, each in enumerate(run.values, 1)
    ]  # fmt: skip
    action = _add(
        made,
        f"#run-{short}",
        "CreateAction",
        name=run.name,
        description=run.command,
        identifier=f"sha256:{run.digest}",
        endTime=run.ended,
    )
    # A SoftwareApplication would need an address, which runs do not name.
    program = f"#program-{run.program}-{run.version}"
    action["instrument"] = _add(made, program, "CreativeWork", name=run.program, version=run.version)
    if facts:
        action["object"] = _one_or_all(facts)
    if found := [*(files[path] for path in run.results), *values]:
        action["result"] = _one_or_all(found)
    return action


def _one_or_all(entities: list[Any]) -> Any:
    """A property of one value is not a list."""
    return entities[0] if len(entities) == 1 else entities
