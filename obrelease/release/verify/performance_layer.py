"""Verifies the performance statement of a release, and compares it with what a policy demands."""

from __future__ import annotations

from collections.abc import Iterator

from obrelease.bundle.asset_names import PERFORMANCE_NAME
from obrelease.bundle.signing.armor import from_base64
from obrelease.bundle.signing.ssh import PERFORMANCE_NAMESPACE, AllowedSigners, verify_or_check
from obrelease.errors import IntegrityError
from obrelease.models.performance_result import PerformanceStatement
from obrelease.models.performance_statement import read_performance
from obrelease.models.provenance import MAX_BYTES, pae, read_envelope
from obrelease.models.release_policy import PerformanceDemand, ReleasePolicy
from obrelease.release.verify.layer_result import LayerResult, listed
from obrelease.release.verify.release_files import VerifiedFiles
from obrelease.release.verify.signatures import describe_signer

_DO_NOT_USE = "do not use this release"


def performance_layers(
    verified: VerifiedFiles, rules: ReleasePolicy | None, trust: AllowedSigners | None
) -> tuple[LayerResult, ...]:
    """The layer `performance`; none if the release has no statement and the policy does not require one.

    Raises:
        IntegrityError: the signature is invalid, its signer is not allowed, or the statement is about
            other runs than those of the release.
        InvalidInput: the envelope or the statement is malformed.
    """
    if PERFORMANCE_NAME not in {file.name for file in verified.manifest.attachments}:
        if rules is None or "performance" not in rules.require:
            return ()
        return (LayerResult("performance", False, f"there is no {PERFORMANCE_NAME}"),)
    envelope, payload = read_envelope(verified.reread(PERFORMANCE_NAME, MAX_BYTES), PERFORMANCE_NAME)
    blob = from_base64(envelope.signatures[0].sig, PERFORMANCE_NAME)
    signed = pae(envelope.payload_type, payload)
    signer = verify_or_check(blob, PERFORMANCE_NAMESPACE, signed, trust, PERFORMANCE_NAME)
    if signer.fingerprint != envelope.signatures[0].keyid:
        raise IntegrityError(
            f"{PERFORMANCE_NAME}: $.signatures[0].keyid: is not the key of the signature", hint=_DO_NOT_USE
        )
    statement = read_performance(payload, PERFORMANCE_NAME)
    _require_runs_of_release(verified, statement)
    demand = rules.performance if rules is not None else None
    unmet = tuple(_unmet(verified, statement, demand or PerformanceDemand()))
    detail = f"{_describe(verified, statement)}; {describe_signer(signer)}"
    if unmet:
        detail = f"{'; '.join(unmet)}; {detail}"
    return (LayerResult("performance", trust is not None and not unmet, detail),)


def _require_runs_of_release(verified: VerifiedFiles, statement: PerformanceStatement) -> None:
    known = {run.digest for run in verified.manifest.runs}
    foreign = sorted({subject.name for subject in statement.subject if subject.digest.sha256 not in known})
    if foreign:
        raise IntegrityError(
            f"{PERFORMANCE_NAME}: is about runs that are not in the release: {listed(foreign)}",
            hint=_DO_NOT_USE,
        )


def _unmet(
    verified: VerifiedFiles, statement: PerformanceStatement, demand: PerformanceDemand
) -> Iterator[str]:
    """What the policy demands and the statement does not give."""
    result = statement.predicate
    if result.verdict not in demand.verdicts:
        yield f"the verdict is {result.verdict}, not {' or '.join(demand.verdicts)}"
    least = result.least_detectable_effect_percent
    if demand.detectable_percent is not None and (least is None or least > demand.detectable_percent):
        found = "not known" if least is None else f"{least:.3g} %"
        yield f"the least detectable effect is {found}, the policy demands {demand.detectable_percent:g} %"
    if demand.gate_policy_sha256 not in {None, result.rule.policy_sha256}:
        yield f"decided by another gate policy, sha256 {result.rule.policy_sha256}"
    if result.unlike and not demand.unlike:
        yield f"the sides are unlike: {listed(result.unlike)}"
    missing = len({run.digest for run in verified.manifest.runs} - set(result.head.runs))
    if missing and demand.every_run:
        yield f"{missing} of {len(verified.manifest.runs)} runs of the release are not in it"


def _describe(verified: VerifiedFiles, statement: PerformanceStatement) -> str:
    result = statement.predicate
    least = result.least_detectable_effect_percent
    effect = "not known" if least is None else f"{least:.3g} %"
    return (
        f"{result.verdict} against {result.base.name!a}: {len(result.head.runs)} of"
        f" {len(verified.manifest.runs)} runs, least detectable effect {effect}"
    )
