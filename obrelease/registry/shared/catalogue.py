"""The catalogue of a shared registry: which runs it has, and what lists show of them.

Tags tell which runs there are; pages tell what they are. A run without a row (its writer was killed before
the page was written) is opened. Writers only add pages, so concurrent writers lose nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.errors import IntegrityError, InvalidInput, NotFound, ObreleaseError
from obrelease.registry.entry import Entry, entry_of
from obrelease.registry.filter import Filter
from obrelease.registry.layout import run_location
from obrelease.registry.shared.catalogue_page import (
    MAX_PAGE_BYTES,
    MAX_ROWS,
    PAGE_MEDIA_TYPE,
    PAGE_TYPE,
    CataloguePage,
    CatalogueRow,
    page_tag,
    pages_of,
    parse_page_tag,
    read_page,
    shard_of,
)
from obrelease.registry.shared.pull_run import fetch_envelope
from obrelease.registry.shared.user_cache import UserCache
from obrelease.remote.oci.descriptor import EMPTY_CONFIG, TITLE, Descriptor, Manifest
from obrelease.remote.oci.repository_client import RepositoryClient
from obrelease.remote.oci.transport import RegistryRejected
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.workers import map_in_order

WORKERS: Final = 8
"""How many requests are sent at the same time."""

MERGED_PAGES: Final = 24
"""With so many pages of one shard, a writer merges them into one."""

_NOWHERE: Final = Path()
_RUN_TAG: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class CatalogueTags:
    """What the tags of a repository say.

    Attributes:
        runs: digests of the runs.
        pages: digests of the pages by shard.
    """

    runs: frozenset[str]
    pages: dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class CatalogueSearch:
    """The runs that pass a filter.

    Attributes:
        unreadable: what cannot be read: digests of runs and pages, each with the reason.
    """

    rows: tuple[CatalogueRow, ...]
    unreadable: tuple[tuple[str, str], ...] = ()


def read_tags(client: RepositoryClient) -> CatalogueTags:
    """Which runs and pages there are; raises `RemoteError`."""
    runs: set[str] = set()
    pages: dict[str, set[str]] = {}
    for tag in client.tags():
        if _RUN_TAG.fullmatch(tag):
            runs.add(tag)
        elif (found := parse_page_tag(tag)) is not None:
            pages.setdefault(found[0], set()).add(found[1])
    return CatalogueTags(frozenset(runs), {shard: frozenset(held) for shard, held in pages.items()})


class Catalogue:
    """The catalogue of one repository.

    Args:
        cache: keeps pages on this machine.
    """

    def __init__(self, client: RepositoryClient, cache: UserCache) -> None:
        self._client, self._cache = client, cache
        self._live_pages: dict[str, int] = {}

    def search(self, where: Filter) -> CatalogueSearch:
        """The runs that pass a filter, newest first.

        Raises:
            RemoteError: the registry failed.
        """
        tags = read_tags(self._client)
        unreadable: list[tuple[str, str]] = []
        known = self._rows(tags, tags.pages, unreadable)
        rows = {digest: row for digest, row in known.items() if digest in tags.runs}
        missing = sorted(tags.runs - rows.keys())
        rows |= self._opened(
            [digest for digest in missing if digest.startswith(where.digest or "")], unreadable
        )
        found = [row for row in rows.values() if where.accepts(row.entry)]
        if where.needs_envelope:
            found = self._with_envelope(found, where, unreadable)
        found.sort(key=lambda row: (-row.entry.created_ns, row.entry.digest))
        return CatalogueSearch(tuple(found), tuple(sorted(set(unreadable))))

    def missing(self, entries: Sequence[Entry], tags: CatalogueTags) -> list[Entry]:
        """Those of the entries that the catalogue has no row of.

        Args:
            tags: as they were read before.

        Raises:
            RemoteError: the registry failed.
        """
        shards = {shard_of(entry.kind, entry.scenario) for entry in entries}
        known = self._rows(tags, shards, [])
        return [entry for entry in entries if entry.digest not in known]

    def add(self, rows: Sequence[CatalogueRow]) -> None:
        """Add rows of runs that were `missing`; a row that another writer has added meanwhile does no harm.

        Raises:
            RemoteError: the registry failed; the runs themselves are not concerned.
        """
        for shard, page in pages_of(rows):
            self._push(shard, page)
            if self._live_pages.get(shard, 0) + 1 >= MERGED_PAGES:
                self._merge(shard)

    def _rows(
        self, tags: CatalogueTags, shards: Iterable[str], unreadable: list[tuple[str, str]]
    ) -> dict[str, CatalogueRow]:
        """The rows of shards by digest; of two rows of a run, one with figures."""
        rows: dict[str, CatalogueRow] = {}
        for shard in sorted(shards):
            for page in self._pages(shard, tags.pages.get(shard, frozenset()), unreadable).values():
                for row in page.rows:
                    if row.entry.digest not in rows or rows[row.entry.digest].listed is None:
                        rows[row.entry.digest] = row
        return rows

    def _pages(
        self, shard: str, digests: Iterable[str], unreadable: list[tuple[str, str]]
    ) -> dict[str, CataloguePage]:
        """The pages of a shard by digest, without those that another one replaces."""
        pages: dict[str, CataloguePage] = {}
        for digest, page in map_in_order(self._page, sorted(digests), workers=WORKERS):
            if isinstance(page, CataloguePage):
                own = [row for row in page.rows if shard_of(row.entry.kind, row.entry.scenario) == shard]
                pages[digest] = CataloguePage(tuple(own), page.replaces)
            else:
                unreadable.append((digest, page.message))
        replaced = {each for digest, page in pages.items() for each in page.replaces if each != digest}
        live = {digest: page for digest, page in pages.items() if digest not in replaced}
        self._live_pages[shard] = len(live)
        return live

    def _page(self, digest: str) -> tuple[str, CataloguePage | ObreleaseError]:
        data = self._cache.page(digest, MAX_PAGE_BYTES)
        try:
            if data is None:
                data = self._client.read_blob(digest, limit=MAX_PAGE_BYTES)
                self._cache.keep_page(digest, data)
            return digest, read_page(data, f"{self._client.where}: page {digest}")
        except (IntegrityError, InvalidInput, RegistryRejected) as error:
            return digest, error

    def _opened(self, digests: Sequence[str], unreadable: list[tuple[str, str]]) -> dict[str, CatalogueRow]:
        """Rows of runs that no page has, read from their envelopes."""
        rows: dict[str, CatalogueRow] = {}
        for digest, found in map_in_order(self._open, digests, workers=WORKERS):
            if isinstance(found, CatalogueRow):
                rows[digest] = found
            else:
                unreadable.append((digest, found.message))
        return rows

    def _open(self, digest: str) -> tuple[str, CatalogueRow | ObreleaseError]:
        try:
            data, artefact = fetch_envelope(self._client, digest)
        except (IntegrityError, InvalidInput, NotFound) as error:
            return digest, error
        location = run_location(artefact.kind, artefact.scenario, digest)
        return digest, CatalogueRow(entry_of(artefact, digest, _NOWHERE, location, len(data)))

    def _with_envelope(
        self, rows: Sequence[CatalogueRow], where: Filter, unreadable: list[tuple[str, str]]
    ) -> list[CatalogueRow]:
        def accepts(row: CatalogueRow) -> bool | ObreleaseError:
            try:
                return where.accepts_envelope(fetch_envelope(self._client, row.entry.digest)[1])
            except (IntegrityError, InvalidInput, NotFound) as error:
                return error

        found = []
        for row, answer in zip(rows, map_in_order(accepts, rows, workers=WORKERS), strict=True):
            if isinstance(answer, ObreleaseError):
                unreadable.append((row.entry.digest, answer.message))
            elif answer:
                found.append(row)
        return found

    def _push(self, shard: str, page: CataloguePage) -> None:
        data = page.to_bytes()
        digest = digest_bytes(data)
        self._client.push_empty_config()
        self._client.push_bytes(digest, data)
        layer = Descriptor(PAGE_MEDIA_TYPE, digest, len(data), {TITLE: "page.json"})
        manifest = Manifest(EMPTY_CONFIG, (layer,), PAGE_TYPE)
        self._client.push_manifest(page_tag(shard, digest), manifest.to_bytes())
        self._cache.keep_page(digest, data)

    def _merge(self, shard: str) -> None:
        """Write the rows of all small pages of a shard into one more page, which replaces them."""
        digests = read_tags(self._client).pages.get(shard, frozenset())
        unreadable: list[tuple[str, str]] = []
        small = {
            digest: page
            for digest, page in self._pages(shard, digests, unreadable).items()
            if len(page.rows) <= MAX_ROWS // 2
        }
        rows = {row.entry.digest: row for page in small.values() for row in page.rows}
        if len(small) >= MERGED_PAGES and len(rows) <= MAX_ROWS:
            self._push(shard, CataloguePage(tuple(rows.values()), tuple(small)))
