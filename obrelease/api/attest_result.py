"""Sign what a gate said as an in-toto statement, which a release can carry and a policy can demand."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from obrelease.analysis.comparison.compare import Comparison, MetricComparison
from obrelease.analysis.comparison.gate_policy import GatePolicy, read_gate_policy
from obrelease.analysis.summary.run import Run
from obrelease.api.arguments import checked_path
from obrelease.api.gate_runs import GateReport
from obrelease.bundle.signing.armor import to_base64
from obrelease.bundle.signing.ssh import PERFORMANCE_NAMESPACE, check, sign
from obrelease.errors import Inconclusive
from obrelease.models.performance_statement import performance_payload
from obrelease.models.policy_file import MAX_POLICY_BYTES
from obrelease.models.provenance import PAYLOAD_TYPE, envelope_bytes, pae
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.output_files import write_output

_NAME_DIGITS = 12


@dataclass(frozen=True, slots=True)
class AttestedResult:
    """A statement that was signed and written.

    Attributes:
        file: the DSSE envelope.
        runs: how many runs it is about.
        fingerprint: of the key.
    """

    file: Path
    runs: int
    fingerprint: str


def attest_gate(
    report: GateReport,
    file: str | os.PathLike[str],
    *,
    policy: str | os.PathLike[str],
    key: str | os.PathLike[str],
    base: str,
    head: str,
) -> AttestedResult:
    """Sign the result of a gate, whatever it is, as an in-toto statement in a DSSE envelope.

    Args:
        report: what `gate` returned.
        file: where the envelope goes; in a release, `verify` looks for `performance.dsse.json`.
        policy: the gate policy that `gate` was given.
        key: the file of an SSH key, private, or public if an agent holds the private one.
        base, head: how the statement names the two sides.

    Raises:
        Inconclusive: nothing was compared, so there are no runs to speak of.
        UsageError: the key cannot be used.
        NotFound, InvalidInput, StorageError: the policy cannot be read, or the file cannot be written.
    """
    comparisons = report.compared.comparisons
    runs = {run.digest: run for _, each in comparisons for run in each.head}
    if not runs:
        raise Inconclusive(
            "nothing was compared, so there is nothing to attest", hint="the gate says what is missing"
        )
    path = checked_path("policy", policy)
    rule = _rule(read_gate_policy(path), digest_bytes(read_bounded(path, MAX_POLICY_BYTES)))
    metrics = [_metric(name, metric) for name, each in comparisons for metric in each.metrics]
    predicate = {
        "verdict": str(report.verdict),
        "reasons": [reason[:4_000] for reason in report.reasons],
        "base": _side(base, (run for _, each in comparisons for run in each.base)),
        "head": _side(head, runs.values()),
        "rule": rule,
        "leastDetectableEffectPercent": _least_detectable(comparisons),
        "unlike": sorted({difference.fact for _, each in comparisons for difference in each.unlike}),
        "metrics": metrics,
    }
    subjects = sorted(
        ({"name": _name(run), "digest": {"sha256": run.digest}} for run in runs.values()), key=str
    )
    payload = performance_payload(subjects, predicate)
    signed = pae(PAYLOAD_TYPE, payload)
    blob = sign(checked_path("key", key), PERFORMANCE_NAMESPACE, signed)
    target = checked_path("file", file)
    fingerprint = check(blob, PERFORMANCE_NAMESPACE, signed, str(target)).fingerprint
    write_output(target, envelope_bytes(payload, fingerprint, to_base64(blob)))
    return AttestedResult(target, len(runs), fingerprint)


def _name(run: Run) -> str:
    return f"{run.artefact.kind}/{run.artefact.scenario}/{run.digest[:_NAME_DIGITS]}"


def _side(name: str, runs: Any) -> dict[str, Any]:
    found = {run.digest: run.commit for run in runs}
    return {
        "name": name[:4_000],
        "commits": sorted({commit for commit in found.values() if commit}),
        "runs": sorted(found),
    }


def _rule(policy: GatePolicy, sha256: str) -> dict[str, Any]:
    return {
        "policySha256": sha256,
        "alpha": policy.alpha,
        "confidence": policy.confidence,
        "leastRuns": policy.least_runs,
        "resamples": policy.resamples,
        "seed": policy.seed,
        "guarded": [
            {
                "name": guarded.name,
                "thresholdPercent": guarded.threshold_percent or policy.threshold_percent,
                "required": guarded.required,
                "secondary": guarded.secondary,
            }
            for guarded in policy.metric
        ],
    }


def _metric(workload: str, metric: MetricComparison) -> dict[str, Any]:
    return {
        "workload": workload,
        "id": metric.id,
        "name": metric.name,
        "figure": metric.figure,
        "unit": metric.unit,
        "direction": metric.direction,
        "headline": metric.headline,
        "base": metric.base,
        "head": metric.head,
        "ratio": _finite(metric.ratio),
        "low": _finite(metric.low),
        "high": _finite(metric.high),
        "pAdjusted": _finite(metric.p_adjusted),
        "detectablePercent": _finite(metric.detectable_percent),
        "thresholdPercent": metric.threshold_percent,
        "verdict": metric.decision.verdict.label,
    }


def _least_detectable(comparisons: tuple[tuple[str, Comparison], ...]) -> float | None:
    """The largest effect that may have been missed; None if it is not known for a headline metric."""
    sizes = list(_detectable(comparisons))
    known = [size for size in sizes if size is not None]
    return max(known) if known and len(known) == len(sizes) else None


def _detectable(comparisons: tuple[tuple[str, Comparison], ...]) -> Iterator[float | None]:
    for _, each in comparisons:
        for metric in each.metrics:
            if metric.headline:
                yield _finite(metric.detectable_percent)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
