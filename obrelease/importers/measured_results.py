"""A results file of a tool that `measure` started: what the file gives, and what `measure` adds to it.

`measure` records such a run with these functions, and the check of its numbers uses them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from obrelease.importers.imported_metrics import storable_text
from obrelease.importers.tool_run import ToolMetric, ToolRun
from obrelease.models.artefact import (
    MAX_NAME,
    UNKNOWN,
    Artefact,
    FactSources,
    Host,
    Scalar,
    StableHost,
    VolatileHost,
)
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.models.noise_metrics import NOISE_UNITS


def noise_metric(name: str, value: float) -> ToolMetric:
    """A metric of what disturbed the run; `name` is one of `NOISE_UNITS`."""
    return ToolMetric(name, NOISE_UNITS[name], None, (value,), primary=False)


def without_folder(run: ToolRun, folder: str) -> ToolRun:
    """The run with paths relative to the folder of its side: else the two sides would never be alike."""
    return replace(
        run,
        title=run.title.replace(folder, "."),
        metrics=tuple(_metric_without_folder(metric, folder) for metric in run.metrics),
        parameters=_values_without_folder(run.parameters, folder),
        labels=_values_without_folder(run.labels, folder),
    )


def as_measured_here(
    draft: ArtefactDraft,
    of_file: StableHost | None,
    *,
    machine: StableHost,
    volatile: VolatileHost,
    command: Sequence[str],
    timed_here: bool,
) -> ArtefactDraft:
    """The draft of a results file as a run that this machine measured.

    Args:
        of_file: the facts of the machine that the file gives.
        machine, volatile: the facts of this machine; those of the file come before them.
        command: the command line that measures it again.
        timed_here: whether this program took the times.
    """
    artefact = draft.artefact
    facts = {
        "command": tuple(storable_text(word)[:MAX_NAME] for word in command),
        "host": Host(
            stable=machine if of_file is None else _completed(of_file, machine),
            volatile=volatile,
            name=artefact.host.name,
        ),
        "sources": FactSources(
            host="machine",
            commit=None if artefact.producer.commit is None else "machine",
            created="machine" if timed_here else artefact.sources.created,
        ),
    }
    return ArtefactDraft(artefact.model_copy(update=facts), draft.files)


def with_recorded_noise(run: ToolRun, artefact: Artefact) -> ToolRun:
    """The run of a file with the noise that was recorded beside it.

    A metric of the file with a name of the noise that is not recorded was left out together with the noise.
    """
    recorded = {each.name: each.samples for each in artefact.metrics if each.name in NOISE_UNITS}
    of_file = {metric.name for metric in run.metrics}
    added = [
        noise_metric(name, recorded[name][0] if recorded.get(name) else 0)
        for name in NOISE_UNITS
        if (name in recorded) != (name in of_file)
    ]
    return replace(run, metrics=(*run.metrics, *added))


def _completed(stable: StableHost, own: StableHost) -> StableHost:
    """The facts of the tool's file, and those of this machine that the file does not give."""
    names = ("system", "machine", "cpu_model")
    missing = [name for name in names if getattr(stable, name) == UNKNOWN]
    missing += [] if stable.cpu_count else ["cpu_count"]
    return stable.model_copy(update={name: getattr(own, name) for name in missing})


def _metric_without_folder(metric: ToolMetric, folder: str) -> ToolMetric:
    return replace(
        metric,
        name=metric.name.replace(folder, "."),
        parameters=_values_without_folder(metric.parameters, folder),
    )


def _values_without_folder(values: Mapping[str, Scalar], folder: str) -> dict[str, Scalar]:
    return {
        key: value.replace(folder, ".") if isinstance(value, str) else value for key, value in values.items()
    }
