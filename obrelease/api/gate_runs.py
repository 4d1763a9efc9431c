"""Check runs or a release against a gate policy."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from obrelease.analysis.comparison.gate import (
    GateVerdict,
    ReleaseGateResult,
    evaluate_gate,
    evaluate_release,
)
from obrelease.analysis.comparison.gate_policy import GatePolicy, read_gate_policy
from obrelease.analysis.comparison.match_releases import match_releases
from obrelease.api.arguments import checked_path
from obrelease.api.compare_runs import ComparisonReport
from obrelease.api.comparison_sides import Side, SideRuns, previous_release, read_side
from obrelease.api.project import Project, ProjectLike, project_of
from obrelease.errors import NotFound, UsageError
from obrelease.storage.reporter import SILENT, Reporter


@dataclass(frozen=True, slots=True)
class GateReport:
    """The result of a gate.

    Attributes:
        verdict: `ok`, `regression` or `inconclusive`.
        reasons: a line for each metric or scenario that prevents `ok`.
        compared: the comparisons behind it.
    """

    verdict: GateVerdict
    reasons: tuple[str, ...]
    compared: ComparisonReport

    @property
    def passed(self) -> bool:
        """Whether the verdict is `ok`."""
        return self.verdict is GateVerdict.OK

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease gate --json` prints."""
        answer = {"gate": {"answer": str(self.verdict), "reasons": list(self.reasons)}}
        if self.compared.between_releases:
            return {**answer, **self.compared.to_json()}
        return {**answer, "comparison": self.compared.to_json()}


@dataclass(frozen=True, slots=True)
class _GateRequest:
    """The two sides; `base` is None if `head` is the first release. `reason` says why this base."""

    base: Side | None
    head: Side
    reason: str = ""


def gate(
    policy: str | os.PathLike[str],
    *,
    base: Side | None = None,
    head: Side | None = None,
    release: str | None = None,
    project: ProjectLike = ".",
    force: bool = False,
    same_host: bool = False,
    reporter: Reporter = SILENT,
) -> GateReport:
    """Check `head` against `base`, or a release against the one before it, by a gate policy.

    A regression is a verdict, not an exception: look at `GateReport.verdict` or `passed`.

    Args:
        policy: the policy file (TOML); `obrelease gate --help` shows one with every key.
        base, head: as for `compare`.
        release: a release tag, in place of `base` and `head`.
        project, force, same_host: as for `compare`.

    Raises:
        UsageError: neither both sides nor a release alone; else as `compare`.
        InvalidInput: the policy is malformed, or guards a metric that the runs do not have.
        NotFound, Inconclusive, IntegrityError, RemoteError: as `compare`.

    Example:
        >>> gate("policy.toml", base="commit=1c9f", head="commit=a041").passed
    """
    rules = read_gate_policy(checked_path("policy", policy))
    owner = project_of(project)
    request = _request(owner, base, head, release)
    head_runs = read_side(owner, request.head, reporter)
    if request.base is None:
        remark = f"{request.head} is the first release: there is nothing to compare it with; {request.reason}"
        return _release_report(ReleaseGateResult(GateVerdict.OK, (), remarks=(remark,)))
    if request.reason:
        reporter.note(f"base: {request.reason}")
    try:
        base_runs = read_side(owner, request.base, reporter)
    except NotFound as error:
        if not request.reason:
            raise
        reason = f"the previous release cannot be read: {error.message}"
        return _release_report(ReleaseGateResult(GateVerdict.INCONCLUSIVE, (reason,)))
    with reporter.progress("comparing", None):
        return _check(rules, base_runs, head_runs, force=force, same_host=same_host)


def _request(project: Project, base: Side | None, head: Side | None, release: str | None) -> _GateRequest:
    if release is not None and base is None and head is None:
        found = previous_release(project, release)
        return _GateRequest(found.tag.text if found.tag else None, release, found.reason)
    if release is not None or base is None or head is None:
        raise UsageError(
            "the gate needs a base and a head, or a release alone", hint="pass both sides, or a release tag"
        )
    return _GateRequest(base, head)


def _check(policy: GatePolicy, base: SideRuns, head: SideRuns, *, force: bool, same_host: bool) -> GateReport:
    if not (base.is_release or head.is_release):
        result = evaluate_gate(policy, base.runs, head.runs, force=force, same_host=same_host)
        return GateReport(result.verdict, result.reasons, ComparisonReport.of_runs(result.comparison))
    rules = policy.rules().same_host
    matched = match_releases(base.runs, head.runs, force=force, same_host=same_host, host_rules=rules)
    return _release_report(evaluate_release(policy, matched, force=force, same_host=same_host))


def _release_report(result: ReleaseGateResult) -> GateReport:
    compared = ComparisonReport(result.comparisons, result.remarks, between_releases=True)
    return GateReport(result.verdict, result.reasons, compared)
