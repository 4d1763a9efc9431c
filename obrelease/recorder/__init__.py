"""The one door to the engine: run a mode, wrap what came out, hand it to the registry.

What the engine offers by name is light and stands here; `record` brings tables and plots along.
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
