"""Runs in a registry that many machines share: push, pull, list, and bring two places to the same runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from obrelease.api.list_runs import ListedRun, Listing, read_listed_runs
from obrelease.api.registry import RegistryLike, store_of
from obrelease.api.run_arguments import RunLike, chosen_runs
from obrelease.api.run_conditions import run_filter
from obrelease.api.run_selection import select_runs
from obrelease.api.shared_connection import connected
from obrelease.errors import InvalidInput, NotFound, UsageError
from obrelease.models.canonical_json import canonical_bytes
from obrelease.registry.entry import Entry
from obrelease.registry.filter import Filter
from obrelease.registry.shared.catalogue import WORKERS, Catalogue, CatalogueTags, read_tags
from obrelease.registry.shared.catalogue_page import CatalogueRow
from obrelease.registry.shared.pull_run import pull_run
from obrelease.registry.shared.push_run import PushedRun, RunPusher
from obrelease.registry.shared.user_cache import UserCache
from obrelease.registry.store import MIN_PREFIX_DIGITS, Registry
from obrelease.remote.oci.repository_client import RepositoryClient
from obrelease.storage.reporter import SILENT, Reporter
from obrelease.storage.workers import map_in_order

if TYPE_CHECKING:
    from obrelease.api.project import Project

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_PREFIX: Final = re.compile(rf"[0-9a-f]{{{MIN_PREFIX_DIGITS},64}}")


@dataclass(frozen=True, slots=True)
class SharedReport:
    """What was exchanged with a shared registry.

    Attributes:
        place: the registry, as `oci://host/path`.
        pushed, pulled: runs that are new there, and here.
        present: how many of the chosen runs were there already.
        sent_bytes, received_bytes: of runs.
        requests: sent to the registry, apart from those for a token.
        warnings: what the registry says that is not so.
        digests: of all chosen runs, also of those that were there already.
    """

    place: str
    pushed: tuple[Entry, ...] = ()
    pulled: tuple[Entry, ...] = ()
    present: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    requests: int = 0
    warnings: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The document that `push`, `pull` and `sync` print with `--json`."""
        return {
            "place": self.place,
            "pushed": [entry.digest for entry in self.pushed],
            "pulled": [entry.digest for entry in self.pulled],
            "present": self.present,
            "sent_bytes": self.sent_bytes,
            "received_bytes": self.received_bytes,
            "requests": self.requests,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class RemoteListing:
    """The runs of a shared registry that pass a filter, newest first.

    Attributes:
        listing: they are in no results folder; their figures are what the catalogue says.
        unreadable: digests of runs and pages that cannot be read, each with the reason.
    """

    place: str
    listing: Listing
    unreadable: tuple[tuple[str, str], ...]


def push_runs(
    registry: RegistryLike,
    remote: str,
    runs: Sequence[RunLike] | None = None,
    *,
    project: Project | None = None,
    reporter: Reporter = SILENT,
) -> SharedReport:
    """Push runs to a shared registry. Runs that are there cost one request each.

    Args:
        registry: the runs on this machine.
        remote: `oci://host/path`, or a name in the settings of `project`.
        runs: entries, digests, prefixes, pinned names or filters; all runs if None.
        project: has the names of registries and the user's credentials; without one, credentials come from
            `~/.docker/config.json`.

    Raises:
        UsageError: no such remote, or a malformed name, filter or configuration.
        NotFound: no such run.
        IntegrityError: a run is damaged; runs before it were pushed.
        RemoteError: the registry failed or refused. The same command continues where it stopped.

    Example:
        >>> push_runs("results", "oci://registry.example.com/team/results", ["kind=bench"])
    """
    store = store_of(registry)
    with connected(remote, project, writes=True) as client:
        return _push(store, client, _local_runs(store, runs), reporter)


def pull_runs(
    registry: RegistryLike,
    remote: str,
    runs: Sequence[str],
    *,
    project: Project | None = None,
    reporter: Reporter = SILENT,
) -> SharedReport:
    """Pull runs of a shared registry into a results folder. Only digests are trusted.

    Args:
        registry: where the runs are recorded.
        remote, project: as for `push_runs`.
        runs: digests, prefixes of them, or words of one filter such as `kind=bench`.

    Raises:
        UsageError: as `push_runs`.
        NotFound: the registry has no such run.
        IntegrityError: the registry sent other bytes; this run was not recorded.
        RemoteError, StorageError: the registry or the disk failed.

    Example:
        >>> pull_runs("results", "oci://registry.example.com/team/results", ["scenario=x10"])
    """
    store = store_of(registry)
    with connected(remote, project, writes=False) as client:
        return _pull(store, client, _remote_runs(client, runs), reporter)


def sync_runs(
    registry: RegistryLike, remote: str, *, project: Project | None = None, reporter: Reporter = SILENT
) -> SharedReport:
    """Push what only this machine has, and pull what only the shared registry has.

    Args:
        registry, remote, project: as for `push_runs`.

    Raises: as `push_runs` and `pull_runs`.
    """
    store = store_of(registry)
    with connected(remote, project, writes=True) as client:
        here = store.find()
        there = read_tags(client).runs
        pushed = _push(store, client, [entry for entry in here if entry.digest not in there], reporter)
        missing = sorted(there - {entry.digest for entry in here})
        pulled = _pull(store, client, _Chosen(tuple(missing), Filter()), reporter)
        return replace(
            pulled,
            pushed=pushed.pushed,
            present=len(here) - len(pushed.pushed),
            sent_bytes=pushed.sent_bytes,
            warnings=(*pushed.warnings, *pulled.warnings),
        )


def list_remote_runs(
    remote: str, *filters: str, limit: int | None = None, project: Project | None = None
) -> RemoteListing:
    """The runs of a shared registry that pass all filters, newest first; what it says of them is a hint.

    Args:
        remote, project: as for `push_runs`.
        filters: in the language of `obrelease list`.
        limit: at most so many, the newest.

    Raises:
        UsageError: as `push_runs`.
        RemoteError: the registry failed.
    """
    from obrelease.analysis.summary.listed_figures import ListedFigures

    where = run_filter(filters, {})
    with connected(remote, project, writes=False) as client:
        found = Catalogue(client, UserCache()).search(where)
        runs = tuple(
            ListedRun(row.entry, ListedFigures.from_json(row.listed) if row.listed else None)
            for row in found.rows[:limit]
        )
        return RemoteListing(client.where, Listing(runs, hashed=False), found.unreadable)


def _local_runs(store: Registry, runs: Sequence[RunLike] | None) -> list[Entry]:
    if runs is None:
        return list(store.find())
    chosen = [entry for name in chosen_runs(runs) for entry in select_runs(store, name)]
    return list({entry.digest: entry for entry in chosen}.values())


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Digests of runs to pull, and the filter by which the catalogue chose them."""

    digests: tuple[str, ...]
    where: Filter


def _remote_runs(client: RepositoryClient, runs: Sequence[str]) -> _Chosen:
    """The runs that digests, prefixes and the words of a filter name; the latter ask the registry's lists."""
    filters = [text for text in runs if "=" in text]
    names = [text.lower() for text in runs if "=" not in text]
    if filters and names:
        raise UsageError("digests and filters cannot be combined", hint="pull them one after the other")
    if not filters:
        tags = read_tags(client).runs if any(not _DIGEST.fullmatch(name) for name in names) else frozenset()
        full = (name if _DIGEST.fullmatch(name) else _full_digest(client, name, tags) for name in names)
        return _Chosen(tuple(dict.fromkeys(full)), Filter())
    where = run_filter(filters, {})
    rows = Catalogue(client, UserCache()).search(where).rows
    if not rows:
        raise NotFound(
            f"{client.where}: no run with {' '.join(filters)}",
            hint="`obrelease list --remote` shows the runs",
        )
    return _Chosen(tuple(row.entry.digest for row in rows), where)


def _full_digest(client: RepositoryClient, prefix: str, tags: frozenset[str]) -> str:
    if not _PREFIX.fullmatch(prefix):
        raise UsageError(
            f"{prefix!r} is no digest", hint=f"pass {MIN_PREFIX_DIGITS} to 64 hex digits, or a filter"
        )
    found = sorted(tag for tag in tags if tag.startswith(prefix))
    if len(found) != 1:
        problem = "ambiguous" if found else "the digest of no run there"
        raise NotFound(f"{client.where}: {prefix!r} is {problem}", hint="pass more digits")
    return found[0]


def _push(
    store: Registry, client: RepositoryClient, entries: Sequence[Entry], reporter: Reporter
) -> SharedReport:
    tags = read_tags(client)
    total_bytes = sum(entry.size_bytes for entry in entries)
    with reporter.progress(f"pushing bytes to {client.where}", total_bytes) as advance:
        pusher = RunPusher(store, client, advance)
        done: list[PushedRun] = []
        for pushed in map_in_order(pusher.push, entries, workers=WORKERS, give_up=client.transport.close):
            done.append(pushed)
            advance(pushed.entry.size_bytes - pushed.sent_bytes)
    _add_to_catalogue(client, entries, reporter, tags)
    return SharedReport(
        place=client.where,
        pushed=tuple(each.entry for each in done if not each.was_there),
        present=sum(each.was_there for each in done),
        sent_bytes=sum(each.sent_bytes for each in done),
        requests=client.transport.sent,
        warnings=tuple(
            f"{client.where}: the tag of run {each.entry.digest} led to another manifest,"
            f" sha256:{each.moved_tag}; it was put back"
            for each in done
            if each.moved_tag
        ),
    )


def _add_to_catalogue(
    client: RepositoryClient,
    entries: Sequence[Entry],
    reporter: Reporter,
    tags: CatalogueTags,
) -> None:
    catalogue = Catalogue(client, UserCache())
    missing = catalogue.missing(entries, tags)
    listed = read_listed_runs(missing, verify=False, reporter=reporter)
    catalogue.add([_row(run) for run in listed.runs])


def _row(run: ListedRun) -> CatalogueRow:
    document = run.listed.to_json() if run.listed else None
    try:
        canonical_bytes(document)
    except InvalidInput:
        document = None
    return CatalogueRow(run.entry, document)


def _pull(store: Registry, client: RepositoryClient, chosen: _Chosen, reporter: Reporter) -> SharedReport:
    received: list[int] = []
    with reporter.progress(f"pulling from {client.where}", len(chosen.digests)) as advance:
        pull = partial(pull_run, store, client, advance=received.append, where=chosen.where)
        pulled: list[tuple[Entry, bool]] = []
        for each in map_in_order(pull, chosen.digests, workers=WORKERS, give_up=client.transport.close):
            pulled.append(each)
            advance(1)
    return SharedReport(
        place=client.where,
        pulled=tuple(entry for entry, is_new in pulled if is_new),
        present=sum(not is_new for _, is_new in pulled),
        received_bytes=sum(received),
        digests=tuple(chosen.digests),
        requests=client.transport.sent,
    )
