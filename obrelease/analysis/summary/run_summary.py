"""The summary of a run: the figures that release notes, lists and comparisons show of it."""

from __future__ import annotations

from dataclasses import dataclass

from obrelease.models.artefact import UNKNOWN


@dataclass(frozen=True, slots=True)
class HostFacts:
    """The stable facts of a machine that a reader needs to judge a number."""

    system: str
    machine: str
    cpu_model: str
    cpu_count: int
    python: str
    compiler: str | None = None
    libraries: tuple[tuple[str, str], ...] = ()

    @property
    def untold(self) -> bool:
        """Whether a fact is unknown: then this may be any machine."""
        return UNKNOWN in {self.system, self.machine, self.cpu_model} or self.cpu_count == 0


@dataclass(frozen=True, slots=True)
class MeasureSummary:
    """A named series of samples by its median, the lower of the two middle ones."""

    name: str
    unit: str
    samples: int
    median: int | float


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in the numbers that a reader compares; all of them derived from its artefact.

    Attributes:
        kind, scenario, core: what ran; `core` is empty where no engine ran.
        artefact_digest: sha256 of `artefact.json` as stored.
        command: the command line that measures it again.
        host: where it ran.
        workload: name and version of what was asked, or None.
        commands_digest: sha256 of the commands that were given, or None.
        messages: commands in the workload, or None.
        passes: timed passes over the workload.
        throughput_msg_s: median over the passes, whole messages per second, or None.
        p50_ns, p99_ns, p999_ns: latency percentiles from the histogram, or None.
        latency_count: how many values these percentiles are of, or None.
        latency_clock: `service` or `response`, or None without a histogram.
        events_digest: sha256 of the event stream, or None.
        source: name and sha256 of the data file that was replayed, or None.
        commit, dirty: the source tree that measured, where it is known.
        measures: what else was measured, as tools of other projects do.
        unstable: what the run says of its own noise; empty where it was stable or does not say.
        checks_passed, checks_failed: names of the run's checks of right and wrong.
    """

    kind: str
    scenario: str
    core: str
    artefact_digest: str
    command: tuple[str, ...]
    host: HostFacts
    workload: tuple[str, int] | None = None
    commands_digest: str | None = None
    messages: int | None = None
    passes: int = 0
    throughput_msg_s: int | None = None
    p50_ns: int | None = None
    p99_ns: int | None = None
    p999_ns: int | None = None
    latency_count: int | None = None
    latency_clock: str | None = None
    events_digest: str | None = None
    source: tuple[str, str] | None = None
    commit: str | None = None
    dirty: bool | None = None
    measures: tuple[MeasureSummary, ...] = ()
    unstable: tuple[str, ...] = ()
    checks_passed: tuple[str, ...] = ()
    checks_failed: tuple[str, ...] = ()


def number(value: float | None) -> str:
    """A number for people: whole ones with separators, others with six digits that count."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"
