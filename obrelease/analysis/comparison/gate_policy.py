"""The gate policy: a small TOML file, kept in git with the code that it guards.

Format history:

1. First version.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from obrelease.analysis.comparison.verdict import MIN_RUNS, Rules
from obrelease.models.base import Document
from obrelease.models.policy_file import GATE_POLICY, MAX_POLICY_BYTES, load_policy
from obrelease.storage.files import read_bounded

POLICY_HINT: Final = "`obrelease gate --help` shows a policy with every key"

Percent = Annotated[float, Field(gt=0, le=1_000, strict=False)]
Share = Annotated[float, Field(gt=0, lt=0.5)]
Confidence = Annotated[float, Field(ge=0.5, lt=1)]
Pattern = Annotated[str, Field(pattern=r"^[a-z0-9 .*?_-]{1,100}$")]


class GuardedMetric(Document):
    """A metric that the gate checks.

    Attributes:
        name: of the metric, or a shell pattern such as `service-latency p*`.
        threshold_percent: the smallest relevant slowdown; by default that of the policy.
        required: whether the gate passes only if a slowdown of that size is ruled out.
    """

    name: Pattern
    threshold_percent: Percent | None = None
    required: bool = True


class GatePolicy(Document):
    """What counts as a regression. Unknown keys are refused."""

    format: Literal["obrelease.gate-policy"]
    version: Literal[1]
    metric: Annotated[tuple[GuardedMetric, ...], Field(min_length=1, max_length=100)]
    threshold_percent: Percent = 2.0
    alpha: Share = 0.05
    confidence: Confidence = 0.95
    least_runs: Annotated[int, Field(ge=MIN_RUNS, le=100)] = MIN_RUNS
    resamples: Annotated[int, Field(ge=500, le=100_000)] = 2_000
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 1

    def rules(self) -> Rules:
        """The rules of comparison that this policy sets."""
        own = {m.name: m.threshold_percent for m in self.metric if m.threshold_percent is not None}
        return Rules(thresholds=own, **self.model_dump(exclude={"format", "version", "metric"}))


def read_gate_policy(path: Path) -> GatePolicy:
    """Read a gate policy.

    Raises:
        NotFound, StorageError: it cannot be read.
        InvalidInput: as `load_policy`.
    """
    data = read_bounded(path, MAX_POLICY_BYTES)
    return load_policy(data, str(path), GATE_POLICY, GatePolicy, hint=POLICY_HINT)
