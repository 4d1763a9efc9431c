"""Repeat a recorded run and compare its events."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from obrelease.api.registry import RegistryLike, store_of
from obrelease.errors import NotReproduced
from obrelease.recorder.reproduce import MAX_MESSAGES, Reproduction
from obrelease.recorder.reproduce import reproduce as repeat_run
from obrelease.registry.entry import Entry
from obrelease.storage.reporter import SILENT, Reporter


@dataclass(frozen=True, slots=True)
class ReproductionReport:
    """A recorded run, and what it gave when it was repeated."""

    entry: Entry
    result: Reproduction

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease reproduce --json` prints."""
        result = self.result
        return {
            "run": self.entry.as_json(),
            "reproduced": result.reproduced,
            "core": result.core,
            "recorded_core": result.recorded_core,
            "messages": result.messages,
            "recorded": {
                "events": result.expected.events,
                "events_digest": result.expected.events_digest,
                "state_digest": result.expected.state_digest,
            },
            "found": {
                "events": result.events,
                "events_digest": result.events_digest,
                "state_digest": result.state_digest,
            },
            "difference": None if result.difference is None else asdict(result.difference),
            "simulation": None if result.simulation is None else asdict(result.simulation),
        }

    def require_reproduced(self) -> None:
        """Raise if the run gave other events.

        Raises:
            NotReproduced: the events or the final state differ.
        """
        simulation = self.result.simulation
        if simulation is not None and not simulation.reproduced:
            changed = simulation.strategy_sha256 != simulation.recorded_strategy_sha256
            raise NotReproduced(
                f"the strategy of run {self.entry.digest[:12]} gave other fills, order events or places",
                hint="the source of the strategy is not the recorded one"
                if changed
                else "the strategy depends on more than what it sees, or the simulation changed",
            )
        if not self.result.reproduced:
            raise NotReproduced(
                f"run {self.entry.digest[:12]} is not reproduced on the {self.result.core} core",
                hint="try the other core by --core; if both agree, the recorded events are wrong",
            )


def reproduce(
    run: Entry | str,
    *,
    registry: RegistryLike = "results",
    core: str | None = None,
    trace: str | os.PathLike[str] | None = None,
    strategy: str | None = None,
    max_messages: int = MAX_MESSAGES,
    reporter: Reporter = SILENT,
) -> ReproductionReport:
    """Repeat a recorded run from its own artefact and compare every event by digest.

    Args:
        run: an entry, or a digest, prefix, pinned name or `latest`.
        registry: the registry, or its folder.
        core: `reference`, `native` or `auto`; the core of the run if None.
        trace: the data file that a replay read.
        strategy: `module:function` or `file.py:function` of a replay with a strategy. Its code is run; the
            name in the artefact is never run.
        max_messages: a run of more messages is refused before anything is generated.
        reporter: receives the size of the work before it starts.

    Raises:
        NotFound: no such run, core or data file.
        UsageError: the run has no events that could be repeated.
        IntegrityError, InvalidInput: the run or the data file is damaged, or the run is too long.
    """
    store = store_of(registry)
    entry = store.resolve(run) if isinstance(run, str) else run
    with reporter.progress("reproduce", None):
        result = repeat_run(
            store,
            entry,
            core=core,
            trace=None if trace is None else Path(trace),
            strategy=strategy,
            max_messages=max_messages,
            reporter=reporter,
        )
    return ReproductionReport(entry, result)
