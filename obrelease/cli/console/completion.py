"""What the shell offers on a tab: names that the folder at hand has, and words that are always the same.

Nothing here may be slow to import, print, or fail: a failure offers nothing.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from obrelease.api.project import Project
    from obrelease.registry.entry import Entry

Offer = tuple[str, str]
"""A word and its description, which some shells show."""


class CommandLine(Protocol):
    """What stands before the cursor: a context of the parser, or a `complete_line.Position`."""

    @property
    def params(self) -> dict[str, Any]:
        """The values of options and arguments that were given."""


Completer = Callable[[CommandLine, str], list[Offer]]

KINDS: Final = {
    "bench": "seeded order flow",
    "stress": "seeded flow at intended times",
    "architectures": "eight ways to divide the work",
    "replay": "recorded market data",
    "profile": "where time and memory go",
    "imported": "results of another tool",
}
CORES: Final = {
    "reference": "the book in Python",
    "native": "the book in C++",
    "auto": "the fastest that is installed",
}
RECORDED_CORES: Final = {name: about for name, about in CORES.items() if name != "auto"}
_FIXED: Final = {
    "kind": KINDS,
    "core": RECORDED_CORES,
    "checks": {"passed": "every check of the run", "failed": "at least one check"},
    "dirty": {"yes": "measured with uncommitted changes", "no": "measured at a clean commit"},
}
_FILTERS: Final = {
    "kind": "what measured",
    "scenario": "the workload",
    "core": "the implementation of the book",
    "workload": "the digest of the workload",
    "digest": "the run's digest, or its beginning",
    "commit": "the measured commit, or its beginning",
    "events": "the events digest, or its beginning",
    "since": "measured at or after a day or time",
    "until": "measured before a day or time",
    "dirty": "uncommitted changes",
    "checks": "the checks of the run",
    "title": "the workload's own name",
    "host": "the machine",
    "metric": "a metric of the run",
}

_MAX_SUGGESTIONS: Final = 40
"""How many runs are offered, the newest."""

_SHORT_DIGEST: Final = 12
_HEX: Final = frozenset("0123456789abcdef")


def _silent(offer: Callable[[CommandLine, str], Iterable[Offer]]) -> Completer:
    """A completer that offers what it found before it failed, and prints nothing itself."""

    def attempt(ctx: CommandLine, incomplete: str) -> list[Offer]:
        found: list[Offer] = []
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), suppress(Exception):
            found.extend(offer(ctx, incomplete))
        return found

    return attempt


_WORDS: Final[dict[Completer, list[Offer]]] = {}


def words(*names: str, **described: str) -> Completer:
    """Offers the same words everywhere, some with a description."""
    found = [*((name, "") for name in names), *described.items()]
    completer = _silent(lambda _ctx, _incomplete: found)
    _WORDS[completer] = found
    return completer


def what_it_offers(completer: Completer) -> str | list[Offer]:
    """A completer as `command_words.json` has it: its words, or its name in `OFFERS`."""
    names = {each: name for name, each in OFFERS.items()}
    return _WORDS[completer] if completer in _WORDS else names[completer]


@_silent
def runs(ctx: CommandLine, incomplete: str) -> Iterator[Offer]:
    """Pinned names, `latest`, and the newest digests."""
    root = _results(ctx)
    with suppress(Exception):
        yield from _pins(root)
    yield "latest", "the newest run"
    yield from _digests(root, ctx, incomplete)


@_silent
def pins(ctx: CommandLine, _incomplete: str) -> Iterator[Offer]:
    """Pinned names."""
    yield from _pins(_results(ctx))


@_silent
def sides(ctx: CommandLine, incomplete: str) -> Iterator[Offer]:
    """As `runs`, several with commas between, and the tags of releases."""
    done, comma, last = incomplete.rpartition(",")
    yield from ((f"{done}{comma}{name}", what) for name, what in runs(ctx, last))
    if not comma:
        yield from tags(ctx, incomplete)


@_silent
def benchmarks(ctx: CommandLine, _incomplete: str) -> Iterator[Offer]:
    """Benchmarks of the settings."""
    yield from ((name, "a benchmark") for name in _project(ctx).benchmarks)


@_silent
def formats(_ctx: CommandLine, _incomplete: str) -> Iterator[Offer]:
    """Formats of files, also of plugins."""
    from obrelease.api import import_format_titles

    yield from import_format_titles().items()


@_silent
def scenarios(ctx: CommandLine, _incomplete: str) -> Iterator[Offer]:
    """Scenarios of the runs that are kept, of the kind that was asked for."""
    yield from ((name, "") for name in _recorded_scenarios(_results(ctx), ctx.params.get("kind")))


@_silent
def tags(ctx: CommandLine, _incomplete: str) -> Iterator[Offer]:
    """Tags of the repository, and releases of the directory forge."""
    project = _project(ctx)
    if project.releases.is_dir():
        yield from (
            (item.name, "a release") for item in sorted(project.releases.iterdir()) if item.name[0] != "."
        )
    from obrelease.remote.git.repository import GitRepository

    repo = GitRepository.open(project.root)
    try:
        yield from ((name, "a tag") for name in repo.tag_names())
    finally:
        repo.close()


@_silent
def filters(ctx: CommandLine, incomplete: str) -> Iterator[Offer]:
    """Filter words: keys that are not used yet, and values of the key at hand.

    bash parts words at `=`, so a value may come alone, the key and perhaps the sign before it.
    """
    from obrelease.registry.filter import FILTER_KEYS

    given = [str(word) for word in ctx.params.get("given") or ()]
    behind_a_sign = given[:-1] if given[-1:] == ["="] else given
    if behind_a_sign and behind_a_sign[-1] in FILTER_KEYS:
        yield from _values(ctx, behind_a_sign[-1], incomplete)
        return
    key, equals, value = incomplete.partition("=")
    used = {word.partition("=")[0] for word in given}
    left = [name for name in FILTER_KEYS if name not in used and name.startswith(key)]
    if not equals and len(left) != 1:
        yield from ((f"{name}=", _FILTERS.get(name, "")) for name in left)
        return
    for name in left:
        found = [(f"{name}={word}", what) for word, what in _values(ctx, name, value)]
        yield from found or [(f"{name}=", _FILTERS.get(name, ""))]


def _values(ctx: CommandLine, key: str, start: str) -> Iterator[Offer]:
    if key in _FIXED:
        yield from _FIXED[key].items()
    elif key == "scenario":
        yield from ((name, "") for name in _recorded_scenarios(_results(ctx), None))
    elif key == "digest":
        yield from _digests(_results(ctx), ctx, start)
    elif key in {"commit", "events", "workload"}:
        field = {"events": "events_digest"}.get(key, key)
        found = (getattr(entry, field) for entry in _newest(_results(ctx)))
        short = None if key == "workload" else _SHORT_DIGEST
        yield from ((fact[:short], "") for fact in dict.fromkeys(found) if fact)


def _pins(root: Path) -> Iterator[Offer]:
    from obrelease.registry.pins import read_pins

    yield from ((name, f"pinned: {digest[:_SHORT_DIGEST]}") for name, digest in read_pins(root).items())


def _newest(root: Path, **where: str | None) -> tuple[Entry, ...]:
    from obrelease.registry.filter import Filter
    from obrelease.registry.index.query import query

    digest, kind, scenario, core = map(where.get, ("digest", "kind", "scenario", "core"))
    wanted = Filter(digest=digest, kind=kind, scenario=scenario, core=core)
    return query(root, wanted, _MAX_SUGGESTIONS).entries


def _digests(root: Path, ctx: CommandLine, start: str) -> Iterator[Offer]:
    if not _HEX.issuperset(start):
        return
    given = {key: ctx.params.get(key) for key in ("kind", "scenario", "core")}
    length = _SHORT_DIGEST if len(start) <= _SHORT_DIGEST else None
    for entry in _newest(root, digest=start or None, **given):
        yield entry.digest[:length], _description(entry)


def _description(entry: Entry) -> str:
    from obrelease.models.finding import printable

    return printable(" ".join(part for part in (f"{entry.kind}/{entry.scenario}", entry.core) if part))


def _recorded_scenarios(root: Path, kind: str | None) -> list[str]:
    from obrelease.registry.index.directory_stamps import read_directory_stamps

    folders = (location.split("/") for location in read_directory_stamps(root))
    return sorted({scenario for of_kind, scenario in folders if kind in {None, of_kind}})


def _project(ctx: CommandLine) -> Project:
    from obrelease.cli.console.settings import load

    results = ctx.params.get("results")
    return load({"results": str(results) if results else None})


def _results(ctx: CommandLine) -> Path:
    return _project(ctx).results_folder(must_exist=True)


OFFERS: Final[dict[str, Completer]] = {
    "benchmarks": benchmarks,
    "filters": filters,
    "formats": formats,
    "pins": pins,
    "runs": runs,
    "scenarios": scenarios,
    "sides": sides,
    "tags": tags,
}
"""Completers whose words depend on the folder at hand, by name."""
