"""Which runs a text names: a digest or its prefix, several with commas, or a filter."""

from __future__ import annotations

from collections.abc import Sequence

from obrelease.analysis.summary.read_run import read_run
from obrelease.analysis.summary.run import Run
from obrelease.errors import NotFound
from obrelease.registry.entry import Entry
from obrelease.registry.filter import parse_filter
from obrelease.registry.store import Registry
from obrelease.registry.suggest_value import meant_value
from obrelease.storage.reporter import SILENT, Reporter


def select_runs(registry: Registry, text: str) -> tuple[Entry, ...]:
    """The runs that a text names, at least one.

    Raises:
        UsageError: a filter that is malformed.
        NotFound: no run has this name or passes this filter, or a prefix is ambiguous.
    """
    if "=" not in text:
        return tuple(registry.resolve(name.strip()) for name in text.split(","))
    found = registry.find(parse_filter(text))
    if not found:
        meant = meant_value(registry.find(), text.split())
        hint = "`obrelease list` shows the runs"
        raise NotFound(
            f"no run with {text} in {registry.root}", hint=hint if meant is None else f"{meant} {hint}"
        )
    return found


def read_runs(entries: Sequence[Entry], reporter: Reporter = SILENT) -> tuple[Run, ...]:
    """The runs, re-hashed and ready to be compared; raises what `Registry.load` and `read_run` raise."""
    runs = []
    with reporter.progress("reading runs", len(entries)) as advance:
        for entry in entries:
            artefact = Registry(entry.root).load(entry)
            runs.append(read_run(artefact, digest=entry.digest, folder=entry.folder))
            advance(1)
    return tuple(runs)
