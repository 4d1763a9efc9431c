"""Arguments that name runs. Apart from `arguments`: the command line starts without the models of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from obrelease.api.arguments import check_argument
from obrelease.errors import UsageError
from obrelease.registry.entry import Entry

RunLike = Entry | str
"""A run: its entry, or a digest, a prefix of it, or a pinned name."""


def run_name(argument: str, run: object) -> str:
    """The name by which a registry finds a run: the digest of an entry, or the text itself."""
    if isinstance(run, Entry):
        return run.digest
    return check_argument(argument, run, str, "an entry, or a digest, a prefix or a pinned name")  # type: ignore[return-value]


def chosen_runs(runs: Sequence[RunLike] | None) -> tuple[str, ...]:
    """The names of the runs that were chosen; empty for None, which means all.

    Raises:
        UsageError: no run was chosen, or a value is neither an entry nor text.
    """
    if runs is None:
        return ()
    if isinstance(runs, str | bytes | Entry) or not isinstance(runs, Iterable):
        raise UsageError(
            f"runs is {runs!r:.60}, not a list",
            hint="pass a list of entries or digests, or None for all runs",
        )
    names = tuple(run_name("runs", run) for run in runs)
    if not names:
        raise UsageError("runs is empty, so no run was chosen", hint="pass None to choose all runs")
    return names
