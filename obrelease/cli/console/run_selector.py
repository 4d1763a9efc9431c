"""Which runs a person means: a digest or its beginning, several of them, or a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from obrelease.errors import NotFound

if TYPE_CHECKING:
    from obrelease.analysis.summary.run import Run
    from obrelease.registry.entry import Entry
    from obrelease.registry.store import Registry

WORDS: Final = (
    "a digest, several with commas, or a filter in quotes, such as 'kind=bench commit=1c9f' (see `list`)"
)


def select(registry: Registry, words: str) -> tuple[Entry, ...]:
    """The runs that `words` stand for, at least one.

    Raises:
        UsageError: it is a filter that makes no sense.
        NotFound: nothing answers to it, or several runs to the beginning of a digest.
    """
    from obrelease.registry.filter import parse_filter

    if "=" not in words:
        return tuple(registry.resolve(name.strip()) for name in words.split(","))
    found = registry.find(parse_filter(words))
    if not found:
        raise NotFound(f"no run with {words} in {registry.root}", hint="`obrelease list` shows the runs")
    return found


def read_runs(registry: Registry, entries: tuple[Entry, ...]) -> tuple[Run, ...]:
    """The runs, re-hashed and ready to be compared; raises what `Registry.load` and `read_run` raise."""
    from obrelease.analysis.summary.read_run import read_run

    return tuple(
        read_run(registry.load(entry), digest=entry.digest, folder=entry.folder) for entry in entries
    )
