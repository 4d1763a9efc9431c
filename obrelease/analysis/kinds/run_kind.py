"""The type of a kind of run, and of the content that its tables, rules and plots are derived from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.histograms.histogram_log import MAX_HLOG_BYTES, read_merged
from obrelease.errors import InvalidInput
from obrelease.models.artefact import Artefact
from obrelease.storage.files import read_bounded


@dataclass(frozen=True, slots=True)
class RunContent:
    """An envelope and its histograms by id: all that derived files are made of."""

    artefact: Artefact
    histograms: Mapping[str, Histogram]

    @property
    def messages(self) -> int:
        """Messages of the workload.

        Raises:
            InvalidInput: the run has no workload, or an empty one.
        """
        workload = self.artefact.workload
        if workload is None or not workload.messages:
            raise InvalidInput(f"a run of kind {self.artefact.kind} has no workload")
        return workload.messages

    def histogram(self, name: str) -> Histogram:
        """The histogram of this id.

        Raises:
            InvalidInput: the run has none, or its file could not be read.
        """
        if name not in self.histograms:
            raise InvalidInput(f"no histogram {name}")
        return self.histograms[name]

    def list_parameter(self, name: str) -> tuple[str, ...]:
        """The texts of a parameter that is a list with commas."""
        return tuple(str(self.artefact.parameters.get(name, "")).split(","))


@dataclass(frozen=True, slots=True)
class DerivedTable:
    """A CSV file of which every number is one of the envelope or of its histograms.

    Attributes:
        derive: makes the bytes; raises `InvalidInput` if the run lacks a value.
        every_version: checked also in runs of other versions of this program, if the columns are equal
            and the run has a histogram.
    """

    path: str
    derive: Callable[[RunContent], bytes]
    every_version: bool = False


@dataclass(frozen=True, slots=True)
class Variants:
    """A small table: its column titles, and a row a variant; numbers are whole."""

    header: tuple[str, ...]
    rows: tuple[tuple[int | str, ...], ...]


Rule = Callable[[RunContent], Iterator[str]]
TableRule = Callable[[RunContent, bytes], Iterator[str]]


def no_commands(_: Artefact) -> tuple[tuple[str, ...], ...]:
    """For kinds whose runs this program cannot measure again."""
    return ()


def no_plots(_: RunContent) -> dict[str, bytes]:
    """For kinds without plots."""
    return {}


@dataclass(frozen=True, slots=True)
class RunKind:
    """One kind of run.

    Attributes:
        name: as in the envelope.
        derived_tables: recorded with the run, and derived again by the consistency check.
        measured_tables: rules about tables that cannot be derived again, by file name.
        rules: about the envelope; each yields what contradicts.
        counts_events: the envelope counts events by kind and times single messages.
        commands: the command lines that can have measured a run, the most explicit first.
        plots: SVG files by name, drawn from the content when the run is recorded.
        variants: the rows of release notes, if the run did its work in several ways.
        figures: names of measurements that are results by themselves; None for all.
        other_tool: measured by another program: each measurement is a metric.
        remark: a paragraph of release notes about how to read the numbers.
    """

    name: str
    derived_tables: tuple[DerivedTable, ...] = ()
    measured_tables: Mapping[str, TableRule] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    counts_events: bool = False
    commands: Callable[[Artefact], tuple[tuple[str, ...], ...]] = no_commands
    plots: Callable[[RunContent], Mapping[str, bytes]] = no_plots
    variants: Callable[[RunContent], Variants] | None = None
    figures: frozenset[str] | None = frozenset()
    other_tool: bool = False
    remark: str = ""

    def is_figure(self, measurement: str) -> bool:
        """Whether a measurement is a result by itself, and not a part of a rate or a row."""
        return self.figures is None or measurement in self.figures


def read_content(artefact: Artefact, folder: Path) -> RunContent:
    """Read the histograms of a recorded run.

    Raises:
        NotFound, StorageError, InvalidInput: a histogram cannot be read.
    """
    return RunContent(
        artefact,
        {
            ref.id: read_merged(read_bounded(folder / ref.path, MAX_HLOG_BYTES), name=ref.path)
            for ref in artefact.histograms
        },
    )
