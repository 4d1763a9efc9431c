"""Small artefacts for tests: every number leads to another run, equal numbers to equal bytes."""

from __future__ import annotations

from typing import Any

from obrelease.analysis.kinds.all_kinds import command_of
from obrelease.models.artefact import (
    Artefact,
    Check,
    HistogramRef,
    Host,
    Measurement,
    Outcome,
    Producer,
    StableHost,
    VolatileHost,
    Workload,
)
from obrelease.storage.durable import NewFile


def draft(number: int = 0, **changes: Any) -> Artefact:
    """A bench run without files; `changes` replace whole fields."""
    fields: dict[str, Any] = {
        "kind": "bench",
        "scenario": "baseline",
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
        "measurements": (
            Measurement(name="pass-wall", unit="ns", samples=(2_000_000, 1_000_000, 4_000_000)),
        ),
    }
    return Artefact(**(fields | changes))


def measured(artefact: Artefact) -> Artefact:
    """The run with the command that its parameters give, as `validate` wants it."""
    return artefact.model_copy(update={"command": command_of(artefact)})


def histogram_ref(path: str = "latency.hlog") -> HistogramRef:
    """A reference to a histogram of three service times."""
    return HistogramRef(
        name="latency", path=path, unit="ns", clock="service", count=3, out_of_range=0, significant_digits=3
    )


def run_files(number: int = 0) -> list[NewFile]:
    """Two files, one of them in a folder; equally long for a number of one digit."""
    return [
        NewFile("summary.csv", "text/csv", f"run,{number}\n".encode()),
        NewFile("plots/latency.svg", "image/svg+xml", b"<svg/>"),
    ]
