"""Runs for comparisons, made of numbers that a test can see through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from obrelease.analysis.comparison.run_metrics import THROUGHPUT, Run, Series
from obrelease.analysis.histograms.histogram import Histogram

LATENCY = "service-latency"
VALUES = 20_000


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
    facts: Mapping[str, str] | None = None,
    at: int = 0,
) -> Run:
    """One process; `rate` and `latency` stand for all that it measured."""
    return Run(
        digest=name,
        created_ns=at,
        commit="ab" * 20,
        facts=facts or {"kind": "bench", "scenario": "x10", "host.cpu_model": "a cpu"},
        series={THROUGHPUT: Series("msg/s", "higher", tuple(rate * part for part in passes))},
        histograms={LATENCY: (latencies(latency),)},
    )


def side(
    name: str, count: int = 6, *, rate: float = 1e6, latency: float = 1.0, spread: float = 0.001
) -> list[Run]:
    """`count` processes whose offsets lie evenly within `spread`, interleaved with those of another side."""
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
