"""Runs for pages: one metric with a step, one without, and names that try to be markup."""

from __future__ import annotations

from obrelease.models.artefact import Host, Label, Producer, RecordedMetric, StableHost, VolatileHost
from obrelease.models.metric_identity import metric_id
from obrelease.registry.store import Registry
from tests.drafts import draft

PAYLOADS = (
    "<img src=x onerror=window.pwned=1>",
    "</script><script>window.pwned=2</script>",
    '"><svg onload=window.pwned=3>',
    "{{ 7*7 }}{% raw %}",
)


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
                    name="google-benchmark", version="1.8", commit=f"{number:040x}", dirty=False
                ),
                host=Host(
                    stable=StableHost(
                        system="unknown", machine="unknown", cpu_model="unknown", cpu_count=8, python="none"
                    ),
                    volatile=VolatileHost(),
                    name="lab-7 <b>",
                ),
                labels={"<script>": Label(value=PAYLOADS[0], source="user")},
                parameters={},
                workload=None,
                outcome=None,
                metrics=tuple(metrics),
            ),
            [],
        )


def _metric(name: str, value: float) -> RecordedMetric:
    return RecordedMetric(
        id=metric_id(name, {}), name=name, unit="ns", direction="lower", samples=(value, value * 1.001)
    )
