"""A page of the catalogue of a shared registry: what lists show of some runs, so that no run is opened.

A page is a blob that is never changed. Its tag has the shard (a digest of kind and scenario) and the
digest of the page, so a page is read in one request, and two writers never write one tag with two contents.

Format history (`PAGE_VERSION`):

1. First version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from obrelease.errors import InvalidInput
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.strict_json import parse_strict
from obrelease.registry.entry import Entry
from obrelease.registry.layout import is_run_location, run_location
from obrelease.storage.hashing import digest_bytes

PAGE_VERSION: Final = 1
PAGE_TYPE: Final = "application/vnd.obrelease.catalogue.v1"
PAGE_MEDIA_TYPE: Final = "application/vnd.obrelease.catalogue-page+json"
MAX_PAGE_BYTES: Final = 8 * 2**20
MAX_ROWS: Final = 4_000

_FORMAT: Final = "obrelease.catalogue-page"
_TAG: Final = re.compile(r"catalogue\.([0-9a-f]{16})\.([0-9a-f]{64})")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_TEXTS: Final = ("core", "commit", "workload", "events_digest")
_COUNTS: Final = ("messages", "checks_failed")


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """What the catalogue says of a run: a hint, until the run is pulled.

    Attributes:
        listed: what lists show, see `analysis.summary.listed_figures`; None if it is not known.
    """

    entry: Entry
    listed: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """The rows of runs of one kind and scenario.

    Attributes:
        replaces: digests of pages whose rows are all in this one.
    """

    rows: tuple[CatalogueRow, ...]
    replaces: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """The same bytes for the same rows, in whatever order."""
        rows = sorted(self.rows, key=lambda row: row.entry.digest)
        return canonical_bytes(
            {
                "format": _FORMAT,
                "version": PAGE_VERSION,
                "replaces": sorted(self.replaces),
                "rows": [
                    {"run": _run(row.entry), "listed": None if row.listed is None else dict(row.listed)}
                    for row in rows
                ],
            }
        )


def shard_of(kind: str, scenario: str) -> str:
    """The shard of a kind and a scenario: 16 hex digits."""
    return digest_bytes(f"{kind}/{scenario}".encode())[:16]


def page_tag(shard: str, sha256: str) -> str:
    """The tag of a page."""
    return f"catalogue.{shard}.{sha256}"


def parse_page_tag(tag: str) -> tuple[str, str] | None:
    """Shard and digest of a page by its tag; None for another tag."""
    match = _TAG.fullmatch(tag)
    return (match[1], match[2]) if match else None


def read_page(data: bytes, where: str) -> CataloguePage:
    """Read a page; rows that no run can have are left out.

    Raises:
        InvalidInput: it is malformed, or of a newer version.
    """
    value = parse_strict(data, where, limit=MAX_PAGE_BYTES)
    if not isinstance(value, dict) or value.get("format") != _FORMAT:
        raise InvalidInput(f"{where}: is not a page of a catalogue")
    if value.get("version") != PAGE_VERSION:
        raise InvalidInput(f"{where}: was written by a newer obrelease", hint="install a newer obrelease")
    rows, replaces = value.get("rows"), value.get("replaces")
    if not isinstance(rows, list) or not isinstance(replaces, list):
        raise InvalidInput(f"{where}: has no rows")
    read = tuple(row for each in rows if (row := _row(each)) is not None)
    return CataloguePage(
        read, tuple(each for each in replaces if isinstance(each, str) and _DIGEST.fullmatch(each))
    )


def entry_at(value: Mapping[str, Any]) -> Entry:
    """The entry of `Entry.as_json`, of a run that is in no results folder."""
    return Entry(
        root=Path(),
        location=value["path"],
        created_ns=int(value["created_ns"]),
        **{key: value[key] for key in ("digest", "kind", "scenario", "size_bytes", "dirty")},
        **{key: value[key] for key in (*_TEXTS, *_COUNTS)},
    )


def _run(entry: Entry) -> dict[str, Any]:
    """The entry without the folder that it has on this machine."""
    return entry.as_json() | {"path": run_location(entry.kind, entry.scenario, entry.digest)}


def _row(value: Any) -> CatalogueRow | None:
    try:
        run, listed = value["run"], value["listed"]
        if _is_sound(run):
            return CatalogueRow(entry_at(run), listed if isinstance(listed, dict) else None)
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    return None


def _is_sound(run: Mapping[str, Any]) -> bool:
    created, size = run["created_ns"], run["size_bytes"]
    location = run_location(run["kind"], run["scenario"], run["digest"])
    return (
        _DIGEST.fullmatch(run["digest"]) is not None
        and run["path"] == location
        and is_run_location(location.split("/"))
        and isinstance(created, str)
        and created.isascii()
        and created.isdecimal()
        and int(created) < 2**64
        and type(size) is int
        and size >= 0
        and run["dirty"] in (None, True, False)
        and all(run[key] is None or isinstance(run[key], str) for key in _TEXTS)
        and all(run[key] is None or type(run[key]) is int for key in _COUNTS)
    )


def pages_of(rows: Sequence[CatalogueRow]) -> list[tuple[str, CataloguePage]]:
    """Rows divided into pages, each with its shard."""
    shards: dict[str, list[CatalogueRow]] = {}
    for row in sorted(rows, key=lambda row: row.entry.digest):
        shards.setdefault(shard_of(row.entry.kind, row.entry.scenario), []).append(row)
    return [
        (shard, CataloguePage(tuple(held[at : at + MAX_ROWS])))
        for shard, held in sorted(shards.items())
        for at in range(0, len(held), MAX_ROWS)
    ]
