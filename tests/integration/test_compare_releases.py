"""Releases as sides of `diff` and `gate`: from the forge, from a folder, from git; scenario by scenario."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.models.artefact import Artefact, own_series
from obrelease.registry.filter import Filter
from obrelease.registry.store import Registry
from tests.unit.release.project import Project, git, make_project, run_of

POLICY: Final = (
    'format = "obrelease.gate-policy"\nversion = 1\nresamples = 500\n[[metric]]\nname = "throughput"\n'
)
FIRST, SECOND = "v0.8", "v0.9-beta"
RunJson = Callable[..., dict[str, Any]]


def measure(project: Project, scenario: str, *, slower: float = 1.0, since: int, count: int = 6) -> None:
    """Keep some runs of a scenario that differ in their noise and their speed alone."""
    for number in range(count):
        walls = tuple(int(1_000_000 * slower * (1 + 0.0001 * number) * part) for part in (0.999, 1, 1.001))
        series = (own_series("pass-wall", "ns", walls),)
        created = str(1_700_000_000_000_000_000 + since + number)
        run = {**dict(run_of(scenario, 42)), "created_ns": created, "metrics": series}
        Registry(project.results).record(Artefact(**run), ())


def commit(project: Project, message: str) -> None:
    (project.results / ".gitignore").write_text(".index.sqlite*\n.staging/\n")
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", f"--message={message}")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose first release holds six runs of each of two scenarios."""
    for name in ("RESULTS", "FORGE", "RELEASES", "REMOTE", "REPOSITORY", "PROJECT", "SCHEMAS", "API"):
        monkeypatch.delenv(f"OBRELEASE_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    project = make_project(tmp_path)
    monkeypatch.chdir(project.root)
    shutil.rmtree(project.results)
    (project.root / "gate.toml").write_text(POLICY)
    measure(project, "baseline", since=0)
    measure(project, "x10", since=0)
    commit(project, "runs of the first")
    publish(FIRST)
    return project


def publish(tag: str) -> None:
    assert execute(["publish", tag, "--quiet"]) == ExitCode.OK


@pytest.fixture
def run_json(capsys: pytest.CaptureFixture[str]) -> RunJson:
    """Run a command; its JSON answer, which is empty where it gave none."""

    def run(*words: str, code: int = ExitCode.OK) -> dict[str, Any]:
        capsys.readouterr()
        assert execute([*words, "--json"]) == code
        out, err = capsys.readouterr()
        return {**(json.loads(out) if out else {}), "err": err}

    return run


def gate(*words: str) -> tuple[str, ...]:
    return ("gate", "--policy", "gate.toml", *words)


def verdicts(answer: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["metrics"][0]["verdict"] for each in answer["comparisons"]}


def test_releases_compare_scenario_by_scenario(project: Project, run_json: RunJson) -> None:
    measure(project, "baseline", slower=1.1, since=20)
    measure(project, "x10", slower=1.00001, since=20)
    measure(project, "x100", since=20)
    commit(project, "runs of the second")
    publish(SECOND)
    answer = run_json("diff", FIRST, SECOND)
    assert verdicts(answer) == {"bench baseline reference": "worse", "bench x10 reference": "same"}
    assert answer["not_compared"] == ["bench x100 reference: not in the base"]
    for each in answer["comparisons"]:
        assert [len(each[side]["runs"]) for side in ("base", "head")] == [6, 6]

    stored = project.releases / FIRST / "assets"
    assert (
        run_json("diff", str(stored), f"{SECOND} scenario=baseline")["comparisons"]
        == answer["comparisons"][:1]
    )
    shutil.rmtree(project.releases)
    shutil.rmtree(project.results)
    assert run_json("diff", FIRST, SECOND) == answer


def test_a_release_compares_with_runs_of_the_registry(project: Project, run_json: RunJson) -> None:
    measure(project, "x10", slower=0.8, since=20)
    entries = Registry(project.results).find(Filter(scenario="x10"))
    fresh = ",".join(entry.digest for entry in entries if entry.created_ns >= 1_700_000_000_000_000_020)
    answer = run_json("diff", f"{FIRST} scenario=x10", fresh)
    assert verdicts(answer) == {"bench x10 reference": "better"}
    again = run_json(*gate("--base", f"{FIRST} scenario=x10", "--head", fresh))
    assert (again["gate"]["answer"], again["not_compared"]) == ("ok", [])


def test_a_picture_is_of_one_scenario(project: Project, run_json: RunJson, tmp_path: Path) -> None:
    measure(project, "baseline", since=20)
    measure(project, "x10", since=20)
    commit(project, "runs of the second")
    publish(SECOND)
    plot = ("--plot", str(tmp_path / "o.svg"))
    assert "one scenario, and 2 were compared" in run_json("diff", FIRST, SECOND, *plot, code=2)["err"]


@pytest.mark.parametrize(
    ("slower", "verdict", "code"),
    [(1.1, "regression", ExitCode.CHECK_FAILED), (1.00001, "ok", ExitCode.OK)],
)
def test_the_gate_compares_a_release_with_the_previous_one(
    project: Project, run_json: RunJson, slower: float, verdict: str, code: ExitCode
) -> None:
    measure(project, "baseline", slower=slower, since=20)
    measure(project, "x10", since=20)
    commit(project, "runs of the second")
    git(project.root, "tag", "nightly")
    publish(SECOND)
    answer = run_json(*gate("--release", SECOND), code=code)
    assert answer["gate"]["answer"] == verdict
    if verdict == "regression":
        (reason,) = answer["gate"]["reasons"]
        assert reason.startswith("bench baseline reference: throughput: worse, ratio 0.909")


def test_scenarios_that_were_not_measured_are_inconclusive(project: Project, run_json: RunJson) -> None:
    measure(project, "baseline", since=20)
    shutil.rmtree(project.results / "bench" / "x10")
    commit(project, "only half was measured")
    publish(SECOND)
    answer = run_json(*gate("--release", SECOND), code=ExitCode.INCONCLUSIVE)
    assert answer["gate"]["reasons"] == ["bench x10 reference: only in the base"]
    publish("v0.9-beta.2")
    answer = run_json(*gate("--release", "v0.9-beta.2"), code=ExitCode.INCONCLUSIVE)
    assert "same runs as the base; not re-measured" in answer["gate"]["reasons"][0]


def test_the_first_release_passes_and_gives_the_reason(
    run_json: RunJson, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = run_json(*gate("--release", FIRST))
    assert answer["gate"] == {"answer": "ok", "reasons": []}
    (reason,) = answer["not_compared"]
    assert reason.startswith(f"{FIRST} is the first release: there is nothing to compare it with; ")
    assert reason.endswith("no earlier release in the history has results")
    assert execute(["gate", "--policy", "gate.toml", "--release", FIRST]) == ExitCode.OK
    assert capsys.readouterr().out == f"gate: ok: {reason}\n"
    assert git(project.root, "status", "--porcelain") == ""


def test_a_tag_without_runs_is_no_previous_release(project: Project, run_json: RunJson) -> None:
    git(project.root, "tag", "v0.7", "HEAD~2")
    answer = run_json(*gate("--release", FIRST))
    assert answer["gate"]["answer"] == "ok"
    assert "skipped: v0.7 (no results)" in answer["not_compared"][0]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--release", "v7"], "there is no release v7"),
        (["--release", FIRST, "--base", FIRST], "a base and a head, or a release alone"),
        (["--base", "v7", "--head", FIRST], "there is no release v7"),
        (["--base", "./none", "--head", FIRST], "No such file or directory"),
        (["--base", f"{FIRST} color=red", "--head", FIRST], "color"),
        ([], "a base and a head, or a release alone"),
    ],
)
def test_wrong_arguments_of_the_gate_exit_with_2(words: list[str], message: str, run_json: RunJson) -> None:
    assert message in run_json(*gate(*words), code=2)["err"]


def test_a_damaged_release_is_refused(project: Project, run_json: RunJson) -> None:
    (project.releases / FIRST / "assets" / "SHA256SUMS").write_text("nothing\n")
    run_json("diff", FIRST, "scenario=x10", code=ExitCode.INVALID_INPUT)
    run_json(*gate("--release", FIRST), code=2)


def test_a_run_that_was_committed_damaged_is_refused(project: Project, run_json: RunJson) -> None:
    (folder,) = list((project.results / "bench" / "x10").iterdir())[:1]
    (folder / "artefact.json").write_text("{}")
    commit(project, "damaged")
    git(project.root, "tag", "v0.8.1")
    assert (
        "is not the run that its name says"
        in run_json("diff", FIRST, "v0.8.1", code=ExitCode.INTEGRITY)["err"]
    )
