"""What version 1 of the format kept of an imported file: runs of version 1 are checked against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from obrelease.errors import InvalidInput
from obrelease.models.artefact import (
    ORIGINAL_STEM,
    UNKNOWN,
    Producer,
    Scalar,
    StableHost,
    VolatileHost,
)
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.models.artefact_version_1 import Artefact, HistogramRef, Host, Measurement, upgraded
from obrelease.models.metric_identity import slug
from obrelease.models.validation import model_errors
from obrelease.storage.durable import NewFile

UNKNOWN_HOST: Final = StableHost(
    system=UNKNOWN, machine=UNKNOWN, cpu_model=UNKNOWN, cpu_count=0, python="none"
)
"""For files without facts of the machine."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A file to import, and what the file does not say.

    Attributes:
        name: the file's name, without folders.
        data: its bytes, kept as they are.
        now_ns: nanoseconds since 1970, used if the file has no date.
        scenario: the name of the workload; None for the one that the file suggests.
        unit: of a histogram's values: ns, us or ms.
        clock: what a histogram timed: `service` or `response`.
    """

    name: str
    data: bytes
    now_ns: int
    scenario: str | None = None
    unit: str = "ns"
    clock: str = "service"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What an importer read from a file."""

    tool: str
    tool_version: str
    scenario: str
    stable: StableHost = UNKNOWN_HOST
    volatile: VolatileHost = field(default_factory=VolatileHost)
    measurements: Sequence[Measurement] = ()
    histograms: Sequence[HistogramRef] = ()
    files: Sequence[NewFile] = ()
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    created_ns: int | None = None
    commit: str | None = None
    dirty: bool | None = None


def build_import(
    request: ImportRequest, result: ToolResult, *, media_type: str, suffix: str
) -> ArtefactDraft:
    """Build the artefact of an import, upgraded; the original file is stored as `original<suffix>`.

    Raises:
        InvalidInput: nothing was measured, or a text is longer than an envelope takes.
    """
    if not result.measurements and not result.histograms:
        raise InvalidInput(f"{request.name}: has no measurement", hint="let the tool measure something first")
    with model_errors(request.name):
        artefact = Artefact(
            kind="imported",
            scenario=slug(request.scenario or result.scenario),
            created_ns=str(request.now_ns if result.created_ns is None else result.created_ns),
            command=("obrelease", "import", result.tool, request.name),
            producer=Producer(
                name=result.tool, version=result.tool_version, commit=result.commit, dirty=result.dirty
            ),
            host=Host(stable=result.stable, volatile=result.volatile),
            parameters=dict(result.parameters),
            measurements=tuple(result.measurements),
            histograms=tuple(result.histograms),
        )
    return ArtefactDraft(
        upgraded(artefact), (NewFile(f"{ORIGINAL_STEM}{suffix}", media_type, request.data), *result.files)
    )


def measurements_ns(series: Iterable[tuple[str, Sequence[float]]]) -> tuple[Measurement, ...]:
    """Series of nanoseconds under safe names; names that become the same get `-2`, `-3`, in order."""
    taken: dict[str, tuple[float, ...]] = {}
    for text, samples in series:
        name, number = slug(text), 1
        while name in taken:
            number += 1
            name = f"{slug(text)[:58]}-{number}"
        taken[name] = tuple(samples)
    return tuple(Measurement(name=name, unit="ns", samples=samples) for name, samples in taken.items())
