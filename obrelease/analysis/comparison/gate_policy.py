"""The gate's policy: a small TOML file that lives in git beside the code it guards.

Format history (``POLICY_VERSION``):

1. First version.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from obrelease.analysis.comparison.verdict import LEAST_RUNS, Rules
from obrelease.errors import InvalidInput
from obrelease.models.base import Document
from obrelease.models.policy_file import GATE_POLICY, parse_policy, require_policy_format
from obrelease.models.validation import model_errors
from obrelease.storage.files import read_bounded

POLICY_VERSION: Final = 1

Percent = Annotated[float, Field(gt=0, le=1_000, strict=False)]
Share = Annotated[float, Field(gt=0, lt=0.5)]
Confidence = Annotated[float, Field(ge=0.5, lt=1)]
Pattern = Annotated[str, Field(pattern=r"^[a-z0-9 .*?_-]{1,100}$")]


class GuardedMetric(Document):
    """A metric that the gate looks at.

    Attributes:
        name: of the metric, or a shell pattern such as `service-latency p*`.
        threshold_percent: the smallest slowdown that matters; the policy's own where absent.
        required: whether the gate may pass only where a slowdown of that size is ruled out.
    """

    name: Pattern
    threshold_percent: Percent | None = None
    required: bool = True


class Policy(Document):
    """What counts as a regression. A key that is not here is refused, not ignored."""

    format: Literal["obrelease.gate-policy"]
    version: Literal[1]
    metric: Annotated[tuple[GuardedMetric, ...], Field(min_length=1, max_length=100)]
    threshold_percent: Percent = 2.0
    alpha: Share = 0.05
    confidence: Confidence = 0.95
    least_runs: Annotated[int, Field(ge=LEAST_RUNS, le=100)] = LEAST_RUNS
    resamples: Annotated[int, Field(ge=500, le=100_000)] = 2_000
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 1

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
        )


def read_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        NotFound, StorageError: it cannot be read.
        InvalidInput: not TOML, not a gate policy, a key that is unknown or missing, or a value out of
            its range.
    """
    return policy_of(parse_policy(read_bounded(path), str(path)), str(path))


def policy_of(document: Mapping[str, Any], where: str) -> Policy:
    """The policy that a parsed TOML document holds; raises `InvalidInput` as `read_policy`."""
    require_policy_format(document, where, GATE_POLICY)
    version = document.get("version")
    if isinstance(version, int) and version > POLICY_VERSION:
        raise InvalidInput(
            f"{where}: version {version} was written for a newer obrelease", hint="install a newer obrelease"
        )
    entries = document.get("metric")
    plain = {**document, "metric": tuple(entries)} if isinstance(entries, list) else dict(document)
    with model_errors(where, hint="`obrelease gate --help` shows a policy with every key"):
        return Policy.model_validate(plain)
