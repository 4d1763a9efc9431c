"""Imported runs: measured by another program, which alone knows how its numbers belong together."""

from __future__ import annotations

from typing import Final

from obrelease.analysis.kinds.run_kind import RunKind

IMPORTED: Final = RunKind("imported", figures=None, other_tool=True)
