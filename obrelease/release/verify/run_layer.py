"""Layer `runs`: the checks that publishing makes, made again, and a line that counts what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from obrelease.bundle.asset_names import RESULTS_FOLDER
from obrelease.errors import IntegrityError
from obrelease.importers.reimport_check import (
    files_not_derived,
    holds_samples_alone,
    metrics_beside_original,
    numbers_derived,
)
from obrelease.models.artefact import UNKNOWN, Artefact, Producer
from obrelease.models.manifest import BundleManifest
from obrelease.release.collected_run import CollectedRun, collect_run, count_of_runs
from obrelease.release.run_conflicts import REPEATED, repeated_measurements, require_consistent_runs
from obrelease.release.verify.layer_result import DOWNLOAD_AGAIN, LayerResult, counted_names, listed

_LONGEST_NAME: Final = 40
_SECOND_NS: Final = 10**9


def check_runs(unpacked: Path, manifest: BundleManifest) -> tuple[CollectedRun, ...]:
    """Check the unpacked runs of a release as publishing does.

    Raises:
        IntegrityError: there is no run, one is listed twice, or one is not what the manifest lists.
        InvalidInput: an envelope is malformed, or its numbers contradict each other.
        CheckFailed: a run failed one of its own checks.
        Conflict: two runs of the same workload have different events.
    """
    if not manifest.runs:
        raise IntegrityError(f"{manifest.tag}: the release has no runs", hint=DOWNLOAD_AGAIN)
    _require_distinct(manifest)
    runs = []
    for wanted in manifest.runs:
        location = wanted.path.removeprefix(f"{RESULTS_FOLDER}/")
        run = collect_run(unpacked / wanted.path, location, called=wanted.path, hint=DOWNLOAD_AGAIN)
        if run.facts != wanted:
            raise IntegrityError(
                f"{wanted.path}: is not the run that the manifest names", hint=DOWNLOAD_AGAIN
            )
        runs.append(run)
    require_consistent_runs(runs)
    return tuple(runs)


def runs_layer(runs: Sequence[CollectedRun]) -> LayerResult:
    """How many runs were derived again, which were only hashed, and what nobody can derive."""
    artefacts = [run.artefact for run in runs]
    derived = [each for each in artefacts if numbers_derived(each)]
    detail = f"{len(runs)} artefacts read and hashed again"
    if derived:
        detail += (
            f"; {len(derived)} derived: their numbers follow from the samples, histograms and originals "
            "that they record, which were not measured again"
        )
    if added := [count for each in derived if (count := metrics_beside_original(each))]:
        detail += (
            f"; only hashed in {len(added)} of them: {sum(added)} metrics that obrelease measured "
            "beside the file of the tool"
        )
    alone = Counter(path for artefact in derived for path in files_not_derived(artefact))
    if alone:
        detail += f"; other files of them only hashed: {counted_names(alone)}"
    detail += _only_hashed([each for each in artefacts if not numbers_derived(each)])
    if repeated := repeated_measurements(runs):
        detail += f"; {count_of_runs(repeated, len(runs), REPEATED)}"
    return LayerResult("runs", True, f"{detail}; dated {_dates(runs)}")


def _only_hashed(artefacts: Sequence[Artefact]) -> str:
    """Runs whose numbers are taken as they are, and why."""
    samples = sum(holds_samples_alone(each) for each in artefacts)
    others = [each.producer for each in artefacts if not holds_samples_alone(each)]
    text = f"; {samples} only hashed: all their numbers are samples, so none can be derived" * bool(samples)
    if others:
        text += (
            f"; {len(others)} only hashed: their numbers are as {describe_producers(others)} recorded them"
        )
    return text


def describe_producers(producers: Sequence[Producer]) -> str:
    """`producer a 1.0, b and 3 more`, without unknown versions; the names are text of others."""
    found = sorted(Counter((producer.name, producer.version) for producer in producers))
    names = [name if version == UNKNOWN else f"{name} {_short(version)}" for name, version in found]
    return f"producer {listed(names)}"


def _require_distinct(manifest: BundleManifest) -> None:
    paths: dict[str, str] = {}
    for run in manifest.runs:
        if run.digest in paths:
            raise IntegrityError(
                f"{manifest.tag}: run {run.digest[:12]} is listed twice: {paths[run.digest]} and {run.path}",
                hint=DOWNLOAD_AGAIN,
            )
        paths[run.digest] = run.path


def _short(text: str) -> str:
    shown = ascii(text)[1:-1]
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 3]}..."


def _dates(runs: Sequence[CollectedRun]) -> str:
    """The first and the last day of the measurements, by the clocks of the machines that made them."""
    times = sorted(int(run.artefact.created_ns) for run in runs)
    first, last = (datetime.fromtimestamp(at // _SECOND_NS, UTC).date() for at in (times[0], times[-1]))
    return str(first) if first == last else f"{first} to {last}"
