"""Runs for pages: one metric with a step, one without, names that try to be markup, latencies, a profile."""

from __future__ import annotations

import numpy as np

from obrelease.analysis.histograms.histogram import encode
from obrelease.analysis.kinds.profile.flame_graph import flame_graph
from obrelease.models.artefact import (
    Host,
    Label,
    Producer,
    RecordedMetric,
    StableHost,
    VolatileHost,
    own_series,
)
from obrelease.models.metric_identity import metric_id
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.drafts import draft, histogram_ref

PAYLOADS = (
    "<img src=x onerror=window.pwned=1>",
    "</script><script>window.pwned=2</script>",
    '"><svg onload=window.pwned=3>',
    "{{ 7*7 }}{% raw %}",
)


def commit_of(number: int) -> str:
    """The commit of a run, unlike others from its first digit on."""
    return f"{number:02x}" * 20


def fill(store: Registry, *, runs: int, step_at: int) -> None:
    """Record runs of rising time: `BM_Match` is 12 % slower from `step_at` on."""
    for number in range(runs):
        noise = 1 + (number * 7 % 5 - 2) / 1000
        value = (100.0 if number < step_at else 112.0) * noise
        metrics = [_metric("BM_Match", value), _metric("BM_Put", 30 * noise)]
        metrics += [_metric(payload, 10 * noise) for payload in PAYLOADS]
        store.record(
            draft(
                number,
                kind="imported",
                scenario="demo",
                title="demo",
                producer=Producer(
                    name="google-benchmark", version="1.8", commit=commit_of(number), dirty=False
                ),
                host=Host(
                    stable=StableHost(
                        system="unknown", machine="unknown", cpu_model="unknown", cpu_count=8, python="none"
                    ),
                    volatile=VolatileHost(),
                    name="lab-7 <b>",
                ),
                labels={
                    "<script>": Label(value=PAYLOADS[0], source="user"),
                    "suite": Label(value="nightly", source="user"),
                    "job": Label(value=str(number), source="user"),
                },
                parameters={},
                workload=None,
                outcome=None,
                metrics=tuple(metrics),
            ),
            [],
        )


def fill_bridged(store: Registry, *, runs: int, upgrade_at: int, anchor: int) -> None:
    """Record runs that an upgrade of the compiler makes 1.2 times as slow, and an anchor on both sides."""
    timeline = [(number, "gcc 12" if number < upgrade_at else "gcc 13") for number in range(runs)]
    timeline += [(anchor, compiler) for compiler in ("gcc 12", "gcc 13") for _ in range(4)]
    for number, (commit, compiler) in enumerate(timeline):
        noise = 1 + (number * 7 % 5 - 2) / 1000
        stable = StableHost(
            system="Linux", machine="x86_64", cpu_model="a cpu", cpu_count=8, python="none", compiler=compiler
        )
        store.record(
            draft(
                5_000 + number,
                kind="imported",
                scenario="bridged",
                title="bridged",
                producer=Producer(name="tool", version="1", commit=commit_of(commit), dirty=False),
                host=Host(stable=stable, volatile=VolatileHost(), name="lab-7"),
                labels={},
                parameters={},
                workload=None,
                outcome=None,
                metrics=(_metric("BM_Bridged", (100 if compiler == "gcc 12" else 120) * noise),),
            ),
            [],
        )


def fill_latencies(store: Registry) -> tuple[str, str]:
    """Record four runs and four that are 30 % slower; returns both sides as digests."""
    same = draft(7)
    generator = np.random.default_rng(1)
    digests = []
    for number in range(8):
        factor = 1.0 if number < 4 else 1.3
        hlog = encode((generator.lognormal(6, 0.6, 5_000) * factor).astype(np.int64)).hlog
        walls = tuple(round(2e8 * factor * (1 + each / 500 + number % 4 / 900)) for each in range(6))
        run = draft(1_000 + number, workload=same.workload, metrics=(own_series("pass-wall", "ns", walls),))
        run = run.model_copy(update={"histograms": (histogram_ref(),)})
        digests.append(store.record(run, [NewFile("latency.hlog", "text/plain", hlog)]).digest)
    return ",".join(digests[:4]), ",".join(digests[4:])


def fill_profile(store: Registry) -> str:
    """Record a profile whose functions try to be markup; returns its digest."""
    stacks = {
        ("main",): 10_000_000,
        ("main", "match"): 60_000_000,
        ("main", "match", PAYLOADS[0]): 20_000_000,
        ("main", "settle", "match"): 10_000_000,
    }
    svg = flame_graph(stacks, title=PAYLOADS[1])
    return store.record(draft(3, kind="profile"), [NewFile("flame.svg", "image/svg+xml", svg)]).digest


def _metric(name: str, value: float) -> RecordedMetric:
    return RecordedMetric(
        id=metric_id(name, {}), name=name, unit="ns", direction="lower", samples=(value, value * 1.001)
    )
