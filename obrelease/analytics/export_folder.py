"""The folder of an export: its files, its description `export.json`, and how it is replaced as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from obrelease.errors import NotFound, UsageError
from obrelease.models.base import Document
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.strict_json import parse_strict
from obrelease.models.validation import model_errors
from obrelease.storage.files import open_regular, read_bounded
from obrelease.storage.remove_tree import try_to_remove_tree
from obrelease.storage.system_errors import storage_errors

DESCRIPTION_NAME: Final = "export.json"
TABLES: Final = ("runs", "metrics", "figures")
"""Each is a file `NAME.parquet`."""

_MAX_DESCRIPTION_BYTES: Final = 65_536
_PATTERN_CHARACTERS: Final = frozenset("*?[")


class ExportDescription(Document):
    """What `export.json` says: the format of the export, and the rows of its tables."""

    format: Literal["obrelease.export"] = "obrelease.export"
    version: Literal[1] = 1
    runs: Annotated[int, Field(ge=0)]
    metrics: Annotated[int, Field(ge=0)]
    figures: Annotated[int, Field(ge=0)]


def read_description(folder: Path) -> ExportDescription:
    """The description of an export whose three files are there.

    Raises:
        NotFound: the folder is not an export, or a file is missing.
        InvalidInput: the description is malformed or of a newer version, or a file is a link.
        UsageError: the path has characters that stand for several files.
    """
    require_plain_path(folder)
    path = folder / DESCRIPTION_NAME
    try:
        data = read_bounded(path, _MAX_DESCRIPTION_BYTES)
    except NotFound:
        raise NotFound(
            f"{folder}: is not an export: it has no {DESCRIPTION_NAME}",
            hint=f"`obrelease export --parquet {folder}` writes one",
        ) from None
    parse_strict(data, str(path), limit=_MAX_DESCRIPTION_BYTES)
    for name in TABLES:
        open_regular(folder / f"{name}.parquet").close()
    with model_errors(str(path)):
        return ExportDescription.model_validate_json(data)


def write_description(folder: Path, description: ExportDescription) -> None:
    """Write `export.json` into a new export."""
    with (folder / DESCRIPTION_NAME).open("xb") as file:
        file.write(canonical_bytes(description.model_dump(mode="json")))


def require_plain_path(folder: Path) -> None:
    """Refuse a path that DuckDB would read as a pattern.

    Raises:
        UsageError: it has `*`, `?` or `[`.
    """
    if not _PATTERN_CHARACTERS.isdisjoint(str(folder.absolute())):
        raise UsageError(f"{folder}: the path of an export cannot have *, ? or [", hint="choose another one")


@contextmanager
def replaced_folder(folder: Path) -> Iterator[Path]:
    """A new folder that takes the place of `folder` at the end of the block, if nothing failed.

    Raises:
        UsageError: the folder has other files than an export.
        StorageError: the operating system refused.
    """
    require_plain_path(folder)
    require_export_or_empty(folder)
    made = folder.with_name(f".{folder.name}.new")
    replaced = folder.with_name(f".{folder.name}.old")
    with storage_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        for rest in (made, replaced):
            if rest.is_symlink() or rest.is_file():
                rest.unlink()
            try_to_remove_tree(rest)
        made.mkdir()
        try:
            yield made
            if folder.is_dir():
                folder.rename(replaced)
            made.rename(folder)
        finally:
            try_to_remove_tree(made)
            try_to_remove_tree(replaced)


def require_export_or_empty(folder: Path) -> None:
    """Refuse a folder with other files than those of an export; it may be missing.

    Raises:
        UsageError: names one of them.
        StorageError: the folder cannot be listed.
    """
    own = {DESCRIPTION_NAME, *(f"{name}.parquet" for name in TABLES)}
    with storage_errors(folder, "cannot be listed"):
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise UsageError(f"{folder}: is not a folder", hint="name a new folder")
        present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if present and (DESCRIPTION_NAME not in present or present - own):
        other = min(present - own, default=DESCRIPTION_NAME)
        raise UsageError(
            f"{folder}: is not an export, or has other files: {other}",
            hint="name a new folder, or one that has an export already",
        )
