"""From what a mode of the engine gave to an artefact: the envelope, its histograms and derived files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from obengine import cores
from obengine.harness.machine import MachineFacts, machine_facts
from obengine.harness.outcome import EngineOutput, WorkloadFacts
from obrelease.analysis.histograms.histogram import SIGNIFICANT_DIGITS, Histogram, encode
from obrelease.analysis.histograms.histogram_log import decode
from obrelease.analysis.kinds.all_kinds import derived_files
from obrelease.analysis.kinds.run_kind import RunContent
from obrelease.models.artefact import (
    Artefact,
    Check,
    FactSources,
    HistogramRef,
    Host,
    Kind,
    Outcome,
    Producer,
    RecordedMetric,
    Scalar,
    SourceFile,
    StableHost,
    VolatileHost,
    Workload,
)
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.models.metric_identity import histogram_id, slug
from obrelease.models.picture_rules import picture_rule
from obrelease.storage.durable import NewFile


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What was asked for, and by whom: all of the envelope that the engine does not know.

    Attributes:
        scenario: the folder's name below the kind.
        command: the canonical command line that measures it again.
        created_ns: nanoseconds since the epoch.
        producer: the program and its source tree.
    """

    kind: Kind
    scenario: str
    command: tuple[str, ...]
    created_ns: int
    producer: Producer


@dataclass(frozen=True, slots=True)
class HistogramFile:
    """A histogram as the envelope refers to it, as a file, and decoded from that file."""

    ref: HistogramRef
    file: NewFile
    histogram: Histogram


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a mode of the engine gave, in the terms of an artefact.

    Attributes:
        core: that ran; its compiler is a fact of the host.
        files: files that cannot be derived from the envelope and the histograms.
    """

    workload: WorkloadFacts
    outcome: EngineOutput
    core: str
    parameters: Mapping[str, Scalar]
    metrics: Sequence[RecordedMetric]
    histograms: Sequence[HistogramFile] = ()
    files: Sequence[NewFile] = ()


def build_run(request: RunRequest, result: RunResult, *, pictures: bool = True) -> ArtefactDraft:
    """The artefact of a run on this machine, with the tables of its kind and, unless refused, its plots."""
    artefact = Artefact(
        kind=request.kind,
        scenario=request.scenario,
        title=request.scenario,
        created_ns=str(request.created_ns),
        command=request.command,
        producer=request.producer,
        host=host_document(core_machine_facts(result.core)),
        sources=FactSources(
            host="machine", commit="machine" if request.producer.commit else None, created="machine"
        ),
        parameters=dict(result.parameters),
        workload=_workload_document(result.workload),
        outcome=_outcome_document(result.outcome),
        metrics=tuple(result.metrics),
        histograms=tuple(each.ref for each in result.histograms),
    )
    content = RunContent(artefact, {each.ref.id: each.histogram for each in result.histograms})
    derived = derived_files(content, pictures=pictures)
    if any(picture_rule(file.path, file.media_type) for file in derived):
        # Imported here: it loads matplotlib, which only a run with plots needs.
        from obrelease.analysis.plots.style import drawing_libraries

        artefact = artefact.model_copy(update={"drawn_with": drawing_libraries()})
    return ArtefactDraft(artefact, (*derived, *(each.file for each in result.histograms), *result.files))


def encode_histogram(
    tag: str, path: str, latencies_ns: NDArray[np.int64], *, clock: Literal["service", "response"]
) -> HistogramFile:
    """Encode int64 [n] latencies as an HdrHistogram V2 log."""
    encoded = encode(latencies_ns)
    ref = HistogramRef(
        id=histogram_id(tag),
        tag=tag,
        path=path,
        unit="ns",
        clock=clock,
        count=encoded.count,
        out_of_range=encoded.out_of_range,
        significant_digits=SIGNIFICANT_DIGITS,
    )
    return HistogramFile(ref, NewFile(path, "text/plain", encoded.hlog), decode(encoded.hlog, name=path))


def svg_file(path: str, content: bytes) -> NewFile:
    """A plot as a file of the artefact."""
    return NewFile(path, "image/svg+xml", content)


def csv_file(path: str, content: bytes) -> NewFile:
    """A table as a file of the artefact."""
    return NewFile(path, "text/csv", content)


def core_machine_facts(core: str) -> MachineFacts:
    """Facts of this machine, with the compiler of the native core if `core` is that one."""
    build = cores.native_build() if core == cores.NATIVE else None
    return machine_facts(build.compiler if build else None)


def host_document(machine: MachineFacts) -> Host:
    """The machine's facts as a part of the envelope."""
    stable, volatile = machine.stable, machine.volatile
    return Host(
        stable=StableHost(
            system=stable.system,
            machine=stable.machine,
            cpu_model=stable.cpu_model,
            cpu_count=stable.cpu_count,
            python=stable.python,
            compiler=stable.compiler,
            libraries=dict(stable.libraries),
        ),
        volatile=VolatileHost(
            kernel=volatile.kernel,
            load_1m_milli=volatile.load_1m_milli,
            cpu_khz=volatile.cpu_khz,
            memory_available_bytes=volatile.memory_available_bytes,
        ),
    )


def _workload_document(facts: WorkloadFacts) -> Workload:
    source = facts.source
    return Workload(
        name=slug(facts.name),
        version=facts.version,
        messages=facts.messages,
        commands_digest=facts.commands_digest,
        seed=None if facts.seed is None else str(facts.seed),
        source=SourceFile(name=source.name, size=source.size, sha256=source.sha256) if source else None,
    )


def _outcome_document(outcome: EngineOutput) -> Outcome:
    return Outcome(
        events=outcome.events,
        events_digest=outcome.events_digest,
        state_digest=outcome.state_digest,
        counts=dict(outcome.counts),
        checks=tuple(
            Check(name=check.name, passed=check.passed, detail=check.detail, counts=dict(check.counts))
            for check in outcome.checks
        ),
    )
