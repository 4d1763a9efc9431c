"""Histories of a registry: commits of a real repository, filters, accepted changes, the command line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from obrelease.api.read_history import history
from obrelease.cli.app import execute
from obrelease.errors import NotFound, UsageError
from obrelease.models.artefact import (
    Artefact,
    Host,
    Label,
    Producer,
    RecordedMetric,
    StableHost,
    VolatileHost,
)
from obrelease.models.known_changes import KNOWN_CHANGES_PATH
from obrelease.models.metric_identity import metric_id
from obrelease.registry.store import Registry
from tests.drafts import draft

COMMITS = 30


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A repository of thirty commits, each measured once: `BM_Match` is slower from commit 20 on."""
    root = tmp_path_factory.mktemp("project")
    names = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    subprocess.run(["git", "init", "-q", "-b", "main", "."], cwd=root, check=True)
    for number in range(COMMITS):
        subprocess.run(
            ["git", *names, "commit", "-q", "--allow-empty", "-m", f"c{number}"], cwd=root, check=True
        )
    listed = subprocess.run(
        ["git", "rev-list", "--reverse", "HEAD"], cwd=root, check=True, capture_output=True, text=True
    )
    commits = listed.stdout.split()
    store = Registry(root / "results")
    for number, commit in enumerate(commits):
        store.record(_run(number, commit, 100.0 if number < 20 else 112.0), [])
    return root, commits


def _metric(name: str, value: float, *, primary: bool = True) -> RecordedMetric:
    return RecordedMetric(
        id=metric_id(name, {}), name=name, unit="ns", direction="lower", samples=(value,), primary=primary
    )


def _run(number: int, commit: str, value: float, host: str = "lab-7") -> Artefact:
    noise = 1 + (number * 7 % 5 - 2) / 1000
    return draft(
        1_000 - number,
        kind="imported",
        scenario="demo",
        title="demo",
        producer=Producer(name="google-benchmark", version="1.8", commit=commit, dirty=False),
        host=Host(
            stable=StableHost(
                system="unknown", machine="unknown", cpu_model="unknown", cpu_count=8, python="none"
            ),
            volatile=VolatileHost(),
            name=host,
        ),
        labels={"branch": Label(value="main" if number % 2 else "dev", source="user")},
        parameters={},
        workload=None,
        outcome=None,
        metrics=(
            _metric("BM_Match", value * noise),
            _metric("BM_Put", 30.0 * noise),
            _metric("BM_Match/cpu", value, primary=False),
        ),
    )


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_runs_are_in_commit_order_and_the_step_is_named(project: tuple[Path, list[str]]) -> None:
    root, commits = project
    (found,) = history("BM_Match", registry=root / "results", repository=root).histories
    assert [point.commit for point in found.points] == commits
    (step,) = found.steps
    assert (step.index, step.verdict) == (20, "worse")
    assert found.series.machine == "lab-7"


def test_a_pattern_leaves_out_what_comes_with_a_measurement(project: tuple[Path, list[str]]) -> None:
    root, _ = project
    names = {each.series.name for each in history("*", registry=root / "results", repository=root).histories}
    assert names == {"BM_Match", "BM_Put"}
    exact = history("BM_Match/cpu", registry=root / "results", repository=root).histories
    assert [each.series.name for each in exact] == ["BM_Match/cpu"]


def test_a_filter_chooses_runs(project: tuple[Path, list[str]]) -> None:
    root, commits = project
    (found,) = history("BM_Put", f"commit={commits[3]}", registry=root / "results", repository=root).histories
    assert [point.commit for point in found.points] == [commits[3]]


def test_an_unknown_metric_is_not_found(project: tuple[Path, list[str]]) -> None:
    root, _ = project
    with pytest.raises(NotFound, match="BM_Nothing"):
        history("BM_Nothing", registry=root / "results", repository=root)


def test_an_accepted_step_is_no_alarm(project: tuple[Path, list[str]]) -> None:
    root, commits = project
    path = root / KNOWN_CHANGES_PATH
    report = history("BM_Match", registry=root / "results", repository=root)
    assert [step.index for _, step in report.alarms()] == [20]
    path.parent.mkdir()
    path.write_text(
        'format = "obrelease.known-changes"\nversion = 1\n'
        f'[[change]]\ncommit = "{commits[20][:9]}"\nreason = "r"\n'
    )
    try:
        accepted = history("BM_Match", registry=root / "results", repository=root)
        assert list(accepted.alarms()) == []
        assert accepted.to_json()["histories"][0]["steps"][0]["known"] == "r"
    finally:
        path.unlink()
        path.parent.rmdir()


def test_a_new_and_a_removed_run_are_seen(project: tuple[Path, list[str]], tmp_path: Path) -> None:
    root, commits = project
    store = Registry(tmp_path / "results")
    entries = [store.record(_run(number, commits[number], 100.0), []) for number in range(3)]
    assert history("BM_Put", registry=store.root, repository=root).histories[0].runs == 3
    store.record(_run(3, commits[3], 100.0), [])
    (entries[0].folder / "artefact.json").unlink()
    entries[0].folder.rmdir()
    assert history("BM_Put", registry=store.root, repository=root).histories[0].runs == 3


def test_a_plot_shows_one_history(project: tuple[Path, list[str]], tmp_path: Path) -> None:
    root, _ = project
    report = history("BM_Match", registry=root / "results", repository=root)
    for name in ("a.svg", "b.svg", "c.png"):
        report.plot(tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="2 match"):
        history("*", registry=root / "results", repository=root).plot(tmp_path / "d.svg")


def test_the_commands_print_text_csv_and_json(
    project: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    root, commits = project
    monkeypatch.chdir(root)
    assert execute(["history", "BM_Match", "-n", "12"]) == 0
    text = capfd.readouterr().out
    assert "BM_Match" in text
    assert "▲ worse 1.12" in text
    assert len([line for line in text.splitlines() if line.startswith(tuple(c[:7] for c in commits))]) == 12
    assert execute(["history", "--csv"]) == 0
    assert len(capfd.readouterr().out.splitlines()) == 1 + 2 * COMMITS
    assert execute(["history", "BM_Match", "--json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["histories"][0]["steps"][0]["commit"] == commits[20]
    assert execute(["changes", "--check"]) == 1
    assert "1 step to worse values" in capfd.readouterr().err
    assert execute(["changes", "BM_Put", "--check"]) == 0


def test_the_gate_over_the_history_fails_for_the_guarded_step_alone(
    project: tuple[Path, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    root, commits = project
    monkeypatch.chdir(root)
    policy = tmp_path / "policy.toml"

    def check(name: str, *more: str) -> tuple[int, str]:
        policy.write_text(f'format = "obrelease.gate-policy"\nversion = 1\n[[metric]]\nname = "{name}"\n')
        code = execute(["gate", "--policy", str(policy), "--history", *more])
        out, err = capfd.readouterr()
        return code, out + err

    code, text = check("*")
    assert code == 1
    assert f"BM_Match on lab-7: worse since {commits[20][:9]}, ratio 1.12" in text
    assert "regression: BM_Match" in text
    assert "known-changes.toml" in text
    assert check("BM_Put")[0] == 0
    code, text = check("BM_Put", "--head", "label.branch=none")
    assert code == 2, "no run at all is an error, and no pass"
    assert check("BM_Put", "--head", f"commit={commits[3]}")[0] == 3
    assert check("BM_Put", "--base", "commit=1")[0] == 2
    code, text = check("*", "--json")
    assert json.JSONDecoder().raw_decode(text)[0]["gate"]["answer"] == "regression"


def test_histories_that_are_too_short_are_named_and_inconclusive(
    project: tuple[Path, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    _, commits = project
    store = Registry(tmp_path / "results")
    for number in range(5):
        store.record(_run(number, commits[number], 100.0), [])
    monkeypatch.chdir(tmp_path)
    assert execute(["changes"]) == 0
    said = " ".join(capfd.readouterr().err.split())
    assert "2 histories not searched, which needs 12 runs without a break: " in said
    assert said.count("(5 runs, 5 commits)") == 2
    assert "two commits" not in said
    assert execute(["changes", "--check"]) == 3


def test_machines_are_one_history_across_hosts_and_an_anchor_bridges_them(
    project: tuple[Path, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    root, commits = project
    store = Registry(tmp_path / "results")
    for number, commit in enumerate(commits):
        old = number < 15
        store.record(_run(-number, commit, 100.0 if old else 80.0, "lab-7" if old else "lab-8"), [])
    for number in range(6):
        store.record(_run(-50 - number, commits[14], 80.0, "lab-8"), [])

    def found(*, across_hosts: bool) -> list[tuple[str, int, int]]:
        report = history("BM_Match", registry=store.root, repository=root, across_hosts=across_hosts)
        return [(each.series.machine, len(each.points), len(each.bridges)) for each in report.histories]

    assert found(across_hosts=False) == [("lab-7", 15, 0), ("lab-8", 16, 0)]
    assert found(across_hosts=True) == [("lab-8 (before: lab-7)", 30, 1)]
    monkeypatch.chdir(root)
    results = str(tmp_path / "results")
    assert execute(["history", "BM_Match", "--across-hosts", "--results", results]) == 0
    text = capfd.readouterr().out
    assert f"Bridged at {commits[15][:9]}: 0." in text
    assert f"{commits[14][:9]} (1 and 6 runs)" in text
    assert execute(["history", "BM_Match", "--across-hosts", "--json", "--results", results]) == 0
    (document,) = json.loads(capfd.readouterr().out)["histories"]
    (bridge,) = document["bridges"]
    assert bridge["index"] == 15
    assert bridge["ratio"] == pytest.approx(0.8, rel=0.005)
    assert bridge["ratio_low"] < 0.8 < bridge["ratio_high"]
    assert document["runs_measured_again"] == 6
    assert document["steps"] == []


def test_metrics_of_several_workloads_have_a_column_for_them(
    project: tuple[Path, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    _, commits = project
    store = Registry(tmp_path / "results")
    for number in range(2):
        store.record(_run(number, commits[number], 100.0), [])
    monkeypatch.chdir(tmp_path)
    assert execute(["history"]) == 0
    assert "workload" not in capfd.readouterr().out
    for number in range(2):
        run = _run(number + 2, commits[number], 100.0)
        store.record(run.model_copy(update={"scenario": "other"}), [])
    assert execute(["history"]) == 0
    header, *lines = capfd.readouterr().out.splitlines()
    assert header.split()[:2] == ["metric", "workload"]
    assert len({line for line in lines if "other" in line}) == len(lines) / 2
    assert execute(["changes"]) == 0
    said = " ".join(capfd.readouterr().err.split())
    assert "of other" in said
    assert "two commits are a short history; `obrelease diff` compares them" in said
