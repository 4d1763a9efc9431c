"""The gate policy: a small TOML file, kept in git with the code that it guards.

Format history:

1. First version. Later programs know more keys of it: `same_host`, `alias`, and `secondary` of a metric. The
   version stays, because an older program refuses a key by its name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from obrelease.analysis.comparison.verdict import MIN_RUNS, SAME_HOST_BY_NAME, Rules
from obrelease.models.base import Document
from obrelease.models.policy_file import GATE_POLICY, MAX_POLICY_BYTES, load_policy
from obrelease.storage.files import read_bounded

POLICY_HINT: Final = "`obrelease gate --help` shows a policy with every key"

Percent = Annotated[float, Field(gt=0, le=1_000, strict=False)]
Share = Annotated[float, Field(gt=0, lt=0.5)]
Confidence = Annotated[float, Field(ge=0.5, lt=1)]
Name = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,4200}$")]
HostRule = Annotated[str, Field(pattern=r"^(name|unnamed|label:[^\x00-\x1f\x7f]{1,256})$")]


class GuardedMetric(Document):
    """A metric that the gate checks.

    Attributes:
        name: of the metric or of a row such as `encode p99`; `*` stands for any text, `?` for one character.
        threshold_percent: the smallest relevant slowdown; by default that of the policy.
        required: whether the gate passes only if every run of the head has the metric, and a slowdown of
            that size is ruled out.
        secondary: whether a pattern that matches primary metrics guards CPU times and counters as well.
    """

    name: Name
    threshold_percent: Percent | None = None
    required: bool = True
    secondary: bool = False


class GatePolicy(Document):
    """What counts as a regression. Unknown keys are refused.

    Attributes:
        resamples: divisions of the runs that are tried if there are too many to try all.
        seed: of their choice.
        same_host: how runs are known to be of one machine, see `host_rule`; a rule, or several in order.
        alias: new names of metrics by their old names.
    """

    format: Literal["obrelease.gate-policy"]
    version: Literal[1]
    metric: Annotated[tuple[GuardedMetric, ...], Field(min_length=1, max_length=100)]
    threshold_percent: Percent = 2.0
    alpha: Share = 0.05
    confidence: Confidence = 0.95
    least_runs: Annotated[int, Field(ge=MIN_RUNS, le=100)] = MIN_RUNS
    resamples: Annotated[int, Field(ge=500, le=100_000)] = 10_000
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 1
    same_host: HostRule | Annotated[tuple[HostRule, ...], Field(min_length=1, max_length=10)] = (
        SAME_HOST_BY_NAME
    )
    alias: Annotated[dict[Name, Name], Field(max_length=1_000)] = Field(default_factory=dict)

    def rules(self) -> Rules:
        """The rules of comparison that this policy sets."""
        own = {m.name: m.threshold_percent for m in self.metric if m.threshold_percent is not None}
        return Rules(
            alpha=self.alpha,
            confidence=self.confidence,
            threshold_percent=self.threshold_percent,
            thresholds=own,
            least_runs=self.least_runs,
            resamples=self.resamples,
            seed=self.seed,
            aliases=self.alias,
            same_host=(self.same_host,) if isinstance(self.same_host, str) else self.same_host,
        )


def read_gate_policy(path: Path) -> GatePolicy:
    """Read a gate policy.

    Raises:
        NotFound, StorageError: it cannot be read.
        InvalidInput: as `load_policy`.
    """
    data = read_bounded(path, MAX_POLICY_BYTES)
    return load_policy(data, str(path), GATE_POLICY, GatePolicy, hint=POLICY_HINT)
