"""Runs for comparisons, with numbers that a test can check by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.summary.run import THROUGHPUT, Metric, Run
from tests.drafts import draft

LATENCY = "service-latency"
VALUES = 20_000
_ARTEFACT = draft(kind="bench", scenario="x10", parameters={})


def latencies(scale: float) -> Histogram:
    """Twenty thousand different latencies between `scale` and twice that, in microseconds."""
    values = (1_000_000 * scale * (1 + np.arange(VALUES) / VALUES)).astype(np.int64)
    return Histogram(values, values, np.ones(VALUES, dtype=np.int64))


def run(
    name: str,
    *,
    rate: float = 1e6,
    latency: float = 1.0,
    passes: Sequence[float] = (0.999, 1.0, 1.001),
    at: int = 0,
) -> Run:
    """One process; `rate` and `latency` are all that it measured."""
    return Run(
        digest=name,
        artefact=_ARTEFACT.model_copy(update={"created_ns": str(at)}),
        metrics={
            THROUGHPUT: Metric(
                THROUGHPUT, THROUGHPUT, "msg/s", "higher", tuple(rate * part for part in passes)
            )
        },
        histograms={LATENCY: (latencies(latency),)},
    )


def with_fields(run: Run, **fields: Any) -> Run:
    """The same run with other fields of its artefact."""
    return replace(run, artefact=run.artefact.model_copy(update=fields))


def on_host(run: Run, **facts: Any) -> Run:
    """The same run with other stable facts of its host."""
    host = run.artefact.host
    stable = host.stable.model_copy(update=facts)
    return with_fields(run, host=host.model_copy(update={"stable": stable}))


def side(
    name: str, count: int = 6, *, rate: float = 1e6, latency: float = 1.0, spread: float = 0.001
) -> list[Run]:
    """`count` processes with evenly spaced offsets within `spread`, interleaved with the other side's."""
    offsets = np.linspace(-spread, spread, count) + (0.0001 * spread if name == "head" else 0)
    return [
        run(
            f"{name}-{number}",
            rate=rate * (1 + offset),
            latency=latency * (1 - offset),
            at=4 * (number // 2) + ((number % 2) * 3 if name == "base" else 1 + number % 2),
        )
        for number, offset in enumerate(offsets.tolist())
    ]
