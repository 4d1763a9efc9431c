"""From a measured run to its artefact: the host is this machine, the commit is that of the side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from obrelease.importers.imported_artefact import GivenFacts, build_imported_run
from obrelease.importers.measured_results import as_measured_here, without_folder
from obrelease.measurement.measure_benchmark import MeasuredRun
from obrelease.measurement.sides import Side
from obrelease.measurement.timed_run import noise_metrics, volatile_host
from obrelease.models.artefact import ORIGINAL_STEM, Host, Scalar, StableHost
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
    run = without_folder(measured.tool_run, str(side.folder))
    if measured.source is not None:
        run = replace(run, metrics=(*run.metrics, *noise_metrics(measured.noise)))
    given = GivenFacts(now_ns, title=title, commit=side.commit, dirty=side.dirty, labels=labels)
    draft = build_imported_run(run, _original(measured), given, format_name=run.tool, file_name=run.title)
    return as_measured_here(
        draft,
        run.stable,
        machine=host.stable if measured.python else _without_python(host.stable),
        volatile=volatile_host(measured.noise),
        command=command,
        timed_here=measured.source is None,
    )


def _without_python(stable: StableHost) -> StableHost:
    """The facts of the machine without those of the Python that runs this program: it ran no benchmark."""
    return stable.model_copy(update={"python": "none", "libraries": {}})


def _original(measured: MeasuredRun) -> NewFile | None:
    if measured.source is None or measured.importer is None:
        return None
    name = f"{ORIGINAL_STEM}{measured.importer.suffix}"
    part = measured.tool_run.part
    content = measured.source.path if part is None else part
    return NewFile(name, measured.importer.media_type, content)
