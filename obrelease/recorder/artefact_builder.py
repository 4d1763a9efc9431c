"""What every artefact is made of: who asked, where it ran, what came out, and histograms kept beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from obengine import cores
from obengine.harness.machine import MachineFacts, machine_facts
from obengine.harness.outcome import CheckResult, WorkloadFacts
from obrelease.analysis.histograms.histogram import SIGNIFICANT_DIGITS, Histogram, decode, encode
from obrelease.models.artefact import (
    Artefact,
    Check,
    HistogramRef,
    Host,
    Kind,
    Measurement,
    Outcome,
    Producer,
    Scalar,
    SourceFile,
    StableHost,
    VolatileHost,
    Workload,
)
from obrelease.models.artefact_draft import slug
from obrelease.storage.durable import NewFile


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What was asked for, and by whom: all of the envelope that the engine does not know.

    Attributes:
        kind: the mode of the run.
        scenario: the folder's name below the kind.
        command: the canonical command line that measures it again.
        parameters: what the mode was told, beyond the workload.
        created_ns: nanoseconds since the epoch.
        producer: the program and its source tree.
    """

    kind: Kind
    scenario: str
    command: tuple[str, ...]
    parameters: Mapping[str, Scalar]
    created_ns: int
    producer: Producer


@dataclass(frozen=True, slots=True)
class KeptHistogram:
    """A histogram as the envelope refers to it, as a file, and as it is read back from that file."""

    ref: HistogramRef
    file: NewFile
    curve: Histogram


def keep_histogram(
    name: str, path: str, latencies_ns: NDArray[np.int64], *, clock: Literal["service", "response"]
) -> KeptHistogram:
    """Encode int64 [n] latencies as an HdrHistogram V2 log."""
    encoded = encode(latencies_ns)
    ref = HistogramRef(
        name=name,
        path=path,
        unit="ns",
        clock=clock,
        count=encoded.count,
        out_of_range=encoded.out_of_range,
        significant_digits=SIGNIFICANT_DIGITS,
    )
    return KeptHistogram(ref, NewFile(path, "text/plain", encoded.hlog), decode(encoded.hlog, name=path))


def machine_of(core: str) -> MachineFacts:
    """Facts of this machine; those of the compiled core where `core` is that one."""
    build = cores.native_build() if core == cores.NATIVE else None
    return machine_facts(build.compiler if build else None)


def host_of(machine: MachineFacts) -> Host:
    """The machine's facts in the envelope's words."""
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


def workload_of(facts: WorkloadFacts) -> Workload:
    """The workload's facts in the envelope's words."""
    source = facts.source
    return Workload(
        name=slug(facts.name),
        version=facts.version,
        messages=facts.messages,
        commands_digest=facts.commands_digest,
        seed=None if facts.seed is None else str(facts.seed),
        source=SourceFile(name=source.name, size=source.size, sha256=source.sha256) if source else None,
    )


def envelope_of(
    request: RunRequest,
    *,
    produced: Ran | None,
    workload: WorkloadFacts,
    parameters: Mapping[str, Scalar],
    measurements: Sequence[Measurement],
    histograms: Sequence[KeptHistogram],
    core: str,
) -> Artefact:
    """The envelope of a run of `core` on this machine, its files still missing."""
    return Artefact(
        kind=request.kind,
        scenario=request.scenario,
        created_ns=str(request.created_ns),
        command=request.command,
        producer=request.producer,
        host=host_of(machine_of(core)),
        parameters={**parameters, **request.parameters},
        workload=workload_of(workload),
        outcome=None if produced is None else outcome_of(produced),
        measurements=tuple(measurements),
        histograms=tuple(histogram.ref for histogram in histograms),
    )


class Ran(Protocol):
    """What every kind of run says of the deterministic workload."""

    @property
    def events(self) -> int:
        """How many events there were."""
        ...

    @property
    def events_digest(self) -> str:
        """sha256 of the event records."""
        ...

    @property
    def state_digest(self) -> str:
        """sha256 of the final state."""
        ...

    @property
    def counts(self) -> Mapping[str, int]:
        """Events by kind, rejects by code."""
        ...

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """What was proved on the way."""
        ...


def outcome_of(outcome: Ran) -> Outcome:
    """What the deterministic workload gave, and what was proved of it."""
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
