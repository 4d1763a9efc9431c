"""The performance result: what an in-toto statement says of a comparison that a gate policy decided.

The subjects are runs by their artefact digests. The models are closed: unknown fields are neither signed
nor accepted. Names are those of in-toto, in camel case.

Format history:

1. First version, `urn:obrelease:performance-result:v1`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from obrelease.models.base import Commit, Digest, Document, RelativePath
from obrelease.models.labels_and_directions import Direction

PERFORMANCE_TYPE: Final = "urn:obrelease:performance-result:v1"
RESULT_VERSION: Final = 1

GateVerdictName = Literal["ok", "regression", "inconclusive"]
MetricVerdictName = Literal["better", "worse", "same", "changed", "inconclusive"]

Text = Annotated[str, StringConstraints(max_length=4_200)]
Number = Annotated[float, Field(strict=False)]
Percent = Annotated[float, Field(strict=False, ge=0)]
Share = Annotated[float, Field(strict=False, ge=0, le=1)]


class RunDigest(Document):
    """A digest set of one algorithm: the sha256 of an `artefact.json`."""

    sha256: Digest


class RunSubject(Document):
    """A run of the head: `<kind>/<scenario>/<first 12 digits>`, and its artefact digest."""

    name: RelativePath
    digest: RunDigest


class ComparedSide(Document):
    """One side of the comparison.

    Attributes:
        name: as it was given: a release, or a filter of runs.
        commits: that were measured, sorted.
        runs: the artefact digests of all runs that were compared, sorted.
    """

    name: Text
    commits: tuple[Commit, ...]
    runs: Annotated[tuple[Digest, ...], Field(min_length=1)]


class GuardedName(Document):
    """A metric, or a pattern of metrics, that the rule guards."""

    name: Text
    threshold_percent: Annotated[Percent, Field(alias="thresholdPercent")]
    required: bool
    secondary: bool


class GateRule(Document):
    """The rule that decided: the gate policy by the sha256 of its file, and what it says."""

    policy_sha256: Annotated[Digest, Field(alias="policySha256")]
    alpha: Share
    confidence: Share
    least_runs: Annotated[int, Field(alias="leastRuns", ge=1)]
    resamples: Annotated[int, Field(ge=1)]
    seed: Annotated[int, Field(ge=0)]
    guarded: Annotated[tuple[GuardedName, ...], Field(min_length=1)]


class MetricResult(Document):
    """One row of the comparison.

    Attributes:
        workload: the scenario with its core, if several were compared; otherwise empty.
        figure: what of the metric: `location`, `p99`, `spread`.
        headline: False for tails and spreads of samples.
        ratio, low, high: head over base and its interval; null if there is none.
        p_adjusted: corrected for all rows; null if the row was not tested.
        detectable_percent: the minimum detectable effect; null if it is not known.
    """

    workload: Text
    id: Text
    name: Text
    figure: Text
    unit: Text
    direction: Direction | None
    headline: bool
    base: Number
    head: Number
    ratio: Number | None
    low: Number | None
    high: Number | None
    p_adjusted: Annotated[Share | None, Field(alias="pAdjusted")]
    detectable_percent: Annotated[Percent | None, Field(alias="detectablePercent")]
    threshold_percent: Annotated[Percent, Field(alias="thresholdPercent")]
    verdict: MetricVerdictName


class PerformanceResult(Document):
    """The predicate.

    Attributes:
        reasons: a line for each metric that prevents `ok`.
        least_detectable_effect_percent: the largest `detectablePercent` of the headline metrics: a smaller
            slowdown may have been missed. Null if it is not known for one of them.
        unlike: facts that differ between the sides, compared by force; normally empty.
    """

    verdict: GateVerdictName
    reasons: tuple[Text, ...]
    base: ComparedSide
    head: ComparedSide
    rule: GateRule
    least_detectable_effect_percent: Annotated[Percent | None, Field(alias="leastDetectableEffectPercent")]
    unlike: tuple[Text, ...]
    metrics: tuple[MetricResult, ...]

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.verdict == "ok" and any(metric.verdict == "worse" for metric in self.metrics):
            raise ValueError("the verdict is ok, and a metric is worse")
        known = [metric.detectable_percent for metric in self.metrics if metric.headline]
        sizes = [size for size in known if size is not None]
        if self.least_detectable_effect_percent != (
            max(sizes) if sizes and len(sizes) == len(known) else None
        ):
            raise ValueError("leastDetectableEffectPercent does not follow from the metrics")
        return self


class PerformanceStatement(Document):
    """An in-toto Statement v1 with a performance result; the subjects are exactly the runs of the head."""

    type_: Annotated[Literal["https://in-toto.io/Statement/v1"], Field(alias="_type")]
    subject: Annotated[tuple[RunSubject, ...], Field(min_length=1)]
    predicate_type: Annotated[Literal["urn:obrelease:performance-result:v1"], Field(alias="predicateType")]
    predicate: PerformanceResult

    @model_validator(mode="after")
    def _check_subjects(self) -> Self:
        subjects = [subject.digest.sha256 for subject in self.subject]
        if sorted(subjects) != list(self.predicate.head.runs):
            raise ValueError("the subjects are not the runs of the head")
        for subject in self.subject:
            if not subject.digest.sha256.startswith(subject.name.rpartition("/")[2]):
                raise ValueError("the name of a subject is not that of its digest")
        return self
