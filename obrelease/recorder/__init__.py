"""The only package that imports the engine: runs a mode, builds an artefact, records it in the registry.

One file per mode: `bench`, `replay`, `stress`, `architectures`, `profile`. The names of cores and scenarios
are exported here, since they load neither tables nor plots.
"""

from __future__ import annotations

from obrelease.recorder.engine_adapter import (
    bench_work,
    core_names,
    native_unavailable_reason,
    scenario_names,
    scenarios,
)

__all__ = ["bench_work", "core_names", "native_unavailable_reason", "scenario_names", "scenarios"]
