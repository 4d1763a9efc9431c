"""Small artefacts for tests: every number leads to another run, equal numbers to equal bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from obrelease.analysis.kinds.all_kinds import command_of
from obrelease.models import artefact_version_1
from obrelease.models.artefact import (
    Artefact,
    Check,
    FactSources,
    FileEntry,
    HistogramRef,
    Host,
    Outcome,
    Producer,
    StableHost,
    VolatileHost,
    Workload,
    own_series,
)
from obrelease.models.validation import document_bytes
from obrelease.storage.durable import NewFile
from obrelease.storage.hashing import digest_bytes


def draft(number: int = 0, **changes: Any) -> Artefact:
    """A bench run without files; `changes` replace whole fields."""
    fields: dict[str, Any] = {
        "kind": "bench",
        "scenario": "baseline",
        "title": changes.get("scenario", "baseline"),
        "sources": FactSources(host="machine", commit="machine", created="machine"),
        "created_ns": str(1_700_000_000_000_000_000 + number),
        "command": ("obrelease", "run", "bench"),
        "producer": Producer(name="obrelease", version="0.9.0b0", commit="ab" * 20, dirty=False),
        "host": Host(
            stable=StableHost(
                system="Linux", machine="x86_64", cpu_model="a cpu", cpu_count=2, python="3.11.2"
            ),
            volatile=VolatileHost(load_1m_milli=250),
        ),
        "parameters": {"core": "reference", "passes": 3, "ratio": 0.5, "warm": True},
        "workload": Workload(
            name="flow", version=1, messages=2_000, commands_digest="12" * 32, seed=str(number)
        ),
        "outcome": Outcome(
            events=2_500,
            events_digest="34" * 32,
            state_digest="56" * 32,
            counts={"traded": 10},
            checks=(Check(name="passes-agree", passed=True),),
        ),
        "metrics": (own_series("pass-wall", "ns", (2_000_000, 1_000_000, 4_000_000)),),
    }
    return Artefact(**(fields | changes))


def version_1_draft(number: int = 0, **changes: Any) -> artefact_version_1.Artefact:
    """The same run as `draft` in version 1 of the format; `changes` replace whole fields."""
    newest = draft(number)
    kept = set(artefact_version_1.Artefact.model_fields) - {"version", "host", "histograms", "measurements"}
    fields: dict[str, Any] = {name: getattr(newest, name) for name in kept} | {
        "host": artefact_version_1.Host(stable=newest.host.stable, volatile=newest.host.volatile),
        "measurements": tuple(
            artefact_version_1.Measurement(name=each.name, unit=each.unit, samples=each.samples)
            for each in newest.metrics
        ),
    }
    return artefact_version_1.Artefact(**(fields | changes))


def record_version_1(root: Path, envelope: artefact_version_1.Artefact, files: Sequence[NewFile]) -> Path:
    """A run as version 1 of the program recorded it: its folder."""
    entries = [
        FileEntry(
            path=file.path,
            media_type=file.media_type,
            size=len(file.content),
            sha256=digest_bytes(file.content),
        )
        for file in sorted(files, key=lambda file: file.path)
        if isinstance(file.content, bytes)
    ]
    data = document_bytes(envelope.model_copy(update={"files": tuple(entries)}))
    folder = root / envelope.kind / envelope.scenario / digest_bytes(data)[:12]
    for path, content in [("artefact.json", data), *((file.path, file.content) for file in files)]:
        assert isinstance(content, bytes)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def measured(artefact: Artefact) -> Artefact:
    """The run with the command that its parameters give, as `validate` wants it."""
    return artefact.model_copy(update={"command": command_of(artefact)})


def histogram_ref(path: str = "latency.hlog") -> HistogramRef:
    """A reference to a histogram of three service times."""
    return HistogramRef(
        id="latency",
        tag="latency",
        path=path,
        unit="ns",
        clock="service",
        count=3,
        out_of_range=0,
        significant_digits=3,
    )


def run_files(number: int = 0) -> list[NewFile]:
    """Two files, one of them in a folder; equally long for a number of one digit."""
    return [
        NewFile("summary.csv", "text/csv", f"run,{number}\n".encode()),
        NewFile("plots/latency.svg", "image/svg+xml", b"<svg/>"),
    ]
