"""From a measured run to its artefact: the host is this machine, the commit is that of the side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from obrelease.importers.imported_artefact import GivenFacts, build_imported_run
from obrelease.importers.imported_metrics import storable_text
from obrelease.importers.tool_run import ToolMetric, ToolRun
from obrelease.measurement.measure_benchmark import MeasuredRun
from obrelease.measurement.sides import Side
from obrelease.measurement.timed_run import noise_metrics, volatile_host
from obrelease.models.artefact import (
    MAX_NAME,
    ORIGINAL_STEM,
    UNKNOWN,
    FactSources,
    Host,
    Scalar,
    StableHost,
)
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.storage.durable import NewFile


def build_measured_run(
    measured: MeasuredRun,
    side: Side,
    *,
    host: Host,
    now_ns: int,
    command: Sequence[str],
    labels: Mapping[str, Scalar],
    title: str | None,
) -> ArtefactDraft:
    """Build the artefact of one measured run.

    Args:
        host: this machine.
        now_ns: nanoseconds since 1970, used if the results file has no time.
        command: the command line that measures it again.
        title: overrides the title that the tool gave.

    Raises:
        InvalidInput: as `build_imported_run`.
    """
    run = _without_folder(measured.tool_run, str(side.folder))
    if measured.source is not None:
        run = replace(run, metrics=(*run.metrics, *noise_metrics(measured.noise)))
    given = GivenFacts(now_ns, title=title, commit=side.commit, dirty=side.dirty, labels=labels)
    draft = build_imported_run(run, _original(measured), given, format_name=run.tool, file_name=run.title)
    own = host.stable if measured.python else _without_python(host.stable)
    stable = own if run.stable is None else _completed(run.stable, own)
    facts = {
        "command": tuple(storable_text(word)[:MAX_NAME] for word in command),
        "host": Host(stable=stable, volatile=volatile_host(measured.noise), name=draft.artefact.host.name),
        "sources": FactSources(
            host="machine",
            commit=None if draft.artefact.producer.commit is None else "machine",
            created="machine" if measured.source is None else draft.artefact.sources.created,
        ),
    }
    return ArtefactDraft(draft.artefact.model_copy(update=facts), draft.files)


def _completed(stable: StableHost, own: StableHost) -> StableHost:
    """The facts of the tool's file, and those of this machine that the file does not give."""
    names = ("system", "machine", "cpu_model")
    missing = [name for name in names if getattr(stable, name) == UNKNOWN]
    missing += [] if stable.cpu_count else ["cpu_count"]
    return stable.model_copy(update={name: getattr(own, name) for name in missing})


def _without_python(stable: StableHost) -> StableHost:
    """The facts of the machine without those of the Python that runs this program: it ran no benchmark."""
    return stable.model_copy(update={"python": "none", "libraries": {}})


def _original(measured: MeasuredRun) -> NewFile | None:
    if measured.source is None or measured.importer is None:
        return None
    name = f"{ORIGINAL_STEM}{measured.importer.suffix}"
    return NewFile(name, measured.importer.media_type, measured.source.path)


def _without_folder(run: ToolRun, folder: str) -> ToolRun:
    """The run with paths relative to the folder of its side: else the two sides would never be alike."""
    return replace(
        run,
        title=run.title.replace(folder, "."),
        metrics=tuple(_metric_without_folder(metric, folder) for metric in run.metrics),
        parameters=_values_without_folder(run.parameters, folder),
        labels=_values_without_folder(run.labels, folder),
    )


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
