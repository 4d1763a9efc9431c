"""Which runs a person means: a digest or its beginning, several of them, or a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from obrelease.errors import NotFound, UsageError

if TYPE_CHECKING:
    from obrelease.analysis.compare_runs import Run
    from obrelease.registry.entry import Entry
    from obrelease.registry.store import Registry

FILTERS: Final = {
    "kind": "kind",
    "scenario": "scenario",
    "core": "core",
    "commit": "commit",
    "events": "events_digest",
}
"""The words of a filter, and what `Registry.entries` calls them."""

WORDS: Final = (
    f"a digest, several with commas, or a filter in quotes of {', '.join(f'{w}=' for w in FILTERS)}"
)


def select(registry: Registry, words: str) -> tuple[Entry, ...]:
    """The runs that `words` stand for, at least one.

    Raises:
        UsageError: a filter word is unknown, empty or given twice.
        NotFound: nothing answers to it, or several runs to the beginning of a digest.
    """
    if "=" not in words:
        return tuple(registry.resolve(name.strip()) for name in words.split(","))
    found = registry.entries(**_filter(words))
    if not found:
        raise NotFound(f"no run with {words} in {registry.root}", hint="`obrelease list` shows the runs")
    return found


def read_runs(registry: Registry, entries: tuple[Entry, ...]) -> tuple[Run, ...]:
    """The runs, re-hashed and ready to be compared; raises what `Registry.load` and `read_run` raise."""
    from obrelease.analysis.compare_runs import read_run

    return tuple(
        read_run(registry.load(entry), digest=entry.digest, folder=entry.folder) for entry in entries
    )


def _filter(words: str) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for word in words.split():
        key, equals, value = word.partition("=")
        name = FILTERS.get(key)
        if name is None or not equals or not value or name in chosen:
            raise UsageError(f"{word!r} is not a filter word, or is given twice", hint=f"use {WORDS}")
        chosen[name] = value
    return chosen
