"""Checks of the runs of a release together, and warnings for readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from obrelease.errors import CheckFailed, Conflict
from obrelease.models.artefact import Artefact, Check
from obrelease.models.manifest import ReleaseRun
from obrelease.release.collected_run import CollectedRun
from obrelease.release.run_conflicts import (
    commit_warnings,
    repeated_measurements,
    require_consistent_runs,
    run_warnings,
)
from tests.unit.release.project import run_of

COMMIT = "ab" * 20


def collected(name: str, artefact: Artefact) -> CollectedRun:
    digest = name * 64
    path = f"results/{artefact.kind}/{artefact.scenario}/{digest[:12]}"
    outcome = artefact.outcome
    facts = ReleaseRun(
        digest=digest,
        kind=artefact.kind,
        scenario=artefact.scenario,
        path=path,
        events_digest=outcome.events_digest if outcome else None,
    )
    return CollectedRun(facts, artefact, Path(path), ())


def run(
    name: str, *, outcome: dict[str, Any] | None = None, producer: dict[str, Any] | None = None
) -> CollectedRun:
    artefact = run_of("baseline", 42)
    assert artefact.outcome is not None
    return collected(
        name,
        artefact.model_copy(
            update={
                "outcome": artefact.outcome.model_copy(update=outcome or {}),
                "producer": artefact.producer.model_copy(update=producer or {}),
            }
        ),
    )


def test_a_run_that_failed_its_own_check_is_refused() -> None:
    failed = run("b", outcome={"checks": (Check(name="touch-holds", passed=False),)})
    with pytest.raises(CheckFailed, match=r"run b{12} .* failed its checks: touch-holds"):
        require_consistent_runs([run("a"), failed])


def test_two_runs_of_the_same_workload_with_other_events_are_a_conflict() -> None:
    with pytest.raises(Conflict, match=rf"a{{12}} and b{{12}} .*: {'2' * 64} and {'4' * 64}"):
        require_consistent_runs([run("a"), run("b", outcome={"events_digest": "4" * 64})])


def test_the_same_events_and_other_seeds_are_fine() -> None:
    other_seed = collected("c", run_of("baseline", 43))
    changed = other_seed.artefact.model_copy(update={"outcome": None})
    require_consistent_runs([run("a"), run("b"), other_seed, collected("d", changed)])


def test_a_run_that_repeats_the_measurements_of_another_is_named() -> None:
    one, other_seed = run("a"), collected("c", run_of("baseline", 43))
    assert repeated_measurements([one, other_seed]) == ()
    again = collected("b", one.artefact.model_copy(update={"created_ns": "5"}))
    assert repeated_measurements([one, other_seed, again]) == (again,)
    assert run_warnings(COMMIT, [one, again])[0] == (
        f"1 of 2 runs record the same measurements as another run: {'b' * 12}"
    )
    empty = [collected(name, one.artefact.model_copy(update={"metrics": ()})) for name in "de"]
    assert repeated_measurements(empty) == ()


def test_runs_of_other_code_are_warnings() -> None:
    runs = [
        run("a"),
        run("b", producer={"commit": COMMIT, "dirty": False}),
        run("c", producer={"commit": COMMIT, "dirty": True}),
        run("d", producer={"commit": "cd" * 20, "dirty": False}),
    ]
    assert commit_warnings(COMMIT, runs) == (
        f"1 of 4 runs do not name the commit that they measured: {'a' * 12}",
        f"1 of 4 runs were measured on a tree with uncommitted changes: {'c' * 12}",
        f"1 of 4 runs were measured at another commit than {COMMIT[:12]}: {'d' * 12}",
    )
    assert commit_warnings(COMMIT, runs[1:2]) == ()
    assert not any(
        "another commit" in each
        for each in commit_warnings(COMMIT, runs, {runs[3].artefact.producer.commit or ""})
    )
