"""`obrelease sweep`: plan, run, status and collect, in process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.measurement.sweeps.outcomes import read_done
from obrelease.measurement.sweeps.sweep_folder import SweepFolder
from obrelease.registry.store import Registry
from tests.sweep_files import recorded, write_sweep

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which the test runs; its measurements do not wait for other tests."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "mpl"))
    monkeypatch.delenv("OBRELEASE_RESULTS", raising=False)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return root


def answer(capsys: pytest.CaptureFixture[str], *words: str, code: ExitCode = ExitCode.OK) -> Any:
    capsys.readouterr()
    assert execute(["sweep", *words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_every_cell_is_measured_once_and_collected(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_sweep(project, repeats=2)
    planned = answer(capsys, "plan")
    assert (planned["cells"], planned["combinations"], planned["settled"]) == (8, 4, 0)
    assert answer(capsys, "status")["waiting"] == 8
    assert answer(capsys, "run") == {"name": "small", "cells": 8, "done": 8, "failures": {}}
    found = recorded(project / "results")
    assert set(found.runs.values()) == {1}
    assert found.runs.keys() == found.done.keys()
    assert found.leftovers == ()
    status = answer(capsys, "status")
    assert (status["done"], status["waiting"], status["held"]) == (8, 0, [])
    assert status["cells_per_minute"] > 0
    before = Registry(project / "results").find()
    answer(capsys, "run")
    assert Registry(project / "results").find() == before, "a second run measures nothing"
    collected = answer(capsys, "collect", "--to", "pictures")
    assert (collected["done"], collected["unreadable"]) == (8, [])
    assert {path.name for path in (project / "pictures").iterdir()} == set(collected["files"])
    assert not {
        file.media_type for entry in before for file in Registry(project / "results").load(entry).files
    } & {"image/svg+xml"}


def test_a_cell_of_a_command_has_its_parameters_as_labels(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """\
        [command.echo]
        run = "sleep 0.04; test {word} = 'a b' || true"
        executions = 1
        parameters.word = ["a b", "c"]
    """
    write_sweep(project, text)
    answer(capsys, "plan")
    answer(capsys, "run")
    registry = Registry(project / "results")
    runs = [registry.load(entry) for entry in registry.find()]
    assert {run.title for run in runs} == {"echo word=a b", "echo word=c"}
    assert {run.label_values["sweep.word"] for run in runs} == {"a b", "c"}
    assert {run.command[-1] for run in runs} == {
        f"sleep 0.04; test {word} = 'a b' || true" for word in ("'a b'", "c")
    }


def test_commits_are_checked_out_and_built_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for value in ("one", "two"):
        (project / "value").write_text(value)
        if value == "one":
            subprocess.run([*GIT, "init", "-q", "-b", "main"], check=True)
        subprocess.run([*GIT, "add", "value"], check=True)
        subprocess.run([*GIT, "commit", "-qm", value], check=True)
    log = project / "builds"
    text = f"""\
        [command.cat]
        run = ["grep", "-q", "{{word}}", "value"]
        build = "cat value >> {log}; echo >> {log}"
        executions = 1
        commits = ["HEAD~1", "main"]
        parameters.word = ["one", "two"]
    """
    write_sweep(project, text)
    answer(capsys, "plan")
    report = answer(capsys, "run", code=ExitCode.CHECK_FAILED)
    assert report["done"] == 2
    assert len(report["failures"]) == 2, "each commit has one of the words"
    assert sorted(log.read_text().split()) == ["one", "two"]
    registry = Registry(project / "results")
    commits = subprocess.run(
        [*GIT, "rev-parse", "HEAD", "HEAD~1"], check=True, capture_output=True, text=True
    )
    assert {entry.commit for entry in registry.find()} == set(commits.stdout.split())


def test_failed_cells_are_named_and_measured_again_on_request(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sweep(
        project, '[command.ready]\nrun = ["test", "-e", "ready-{n}"]\nexecutions = 1\nparameters.n = [1, 2]\n'
    )
    (project / "ready-1").touch()
    answer(capsys, "plan")
    report = answer(capsys, "run", code=ExitCode.CHECK_FAILED)
    (reason,) = report["failures"].values()
    assert "test -e ready-2" in reason
    assert list(answer(capsys, "status")["failed"].values()) == [reason]
    (project / "ready-2").touch()
    assert answer(capsys, "run", code=ExitCode.CHECK_FAILED)["done"] == 1
    assert answer(capsys, "run", "--retry-failed")["done"] == 2


def test_shards_divide_the_cells_and_their_folders_can_be_copied_together(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sweep(project)
    for number in (1, 2, 3):
        results = f"part-{number}"
        answer(capsys, "plan", "--results", results)
        answer(capsys, "run", "--shard", f"{number}/3", "--results", results)
        subprocess.run(["cp", "-r", f"{results}/.", "results"], check=True)
    assert len(read_done(SweepFolder(project / "results", "small"))) == 4
    assert answer(capsys, "run")["done"] == 4
    assert set(recorded(project / "results").runs.values()) == {1}


def test_runs_that_came_without_their_claims_are_adopted(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As from a shared registry: two machines measured, one of the cells both of them."""
    write_sweep(project)
    for number, shard in ((1, "1/2"), (2, "1/1")):
        answer(capsys, "plan", "--results", f"part-{number}")
        answer(capsys, "run", "--shard", shard, "--results", f"part-{number}")
        (project / "results").mkdir(exist_ok=True)
        subprocess.run(["cp", "-r", f"part-{number}/bench", "results/"], check=True)
    assert answer(capsys, "plan")["settled"] == 0
    assert answer(capsys, "plan", "--adopt")["settled"] == 4
    before = Registry(project / "results").find()
    assert len(before) == 6
    assert answer(capsys, "run")["done"] == 4
    assert Registry(project / "results").find() == before
    done = read_done(SweepFolder(project / "results", "small"))
    oldest = {entry.digest for entry in Registry(project / "part-1").find()}
    assert len(oldest & {cell.digest for cell in done.values()}) == 2
    assert len(answer(capsys, "collect", "--to", "pictures")["unreadable"]) == 0


def test_a_plan_that_is_not_of_the_file_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A results folder can come from elsewhere, and a plan names commands."""
    file = write_sweep(project, '[command.a]\nrun = ["true"]\nexecutions = 1\n')
    answer(capsys, "plan")
    plan = project / "results" / ".sweeps" / "small" / "plan.json"
    plan.write_text(plan.read_text().replace('"run":["true"]', '"run":["touch","stolen"]'))
    assert answer(capsys, "run", code=ExitCode.INVALID_INPUT)["error"]["name"] == "INVALID_INPUT"
    answer(capsys, "plan")
    file.write_text(file.read_text().replace('"true"', '"false"'))
    assert (
        "not what its sweep file gives"
        in answer(capsys, "run", code=ExitCode.INVALID_INPUT)["error"]["message"]
    )
    assert not (project / "stolen").exists()


def test_planning_again_keeps_what_is_measured(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_sweep(project)
    answer(capsys, "plan")
    answer(capsys, "run")
    file.write_text(file.read_text().replace("[100, 200]", "[100, 300]"))
    again = answer(capsys, "plan")
    assert (again["cells"], again["settled"]) == (4, 2)
    assert answer(capsys, "run")["done"] == 4
    assert len(Registry(project / "results").find()) == 6


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("run", "--shard", "4/3"), ExitCode.USAGE),
        (("run", "--shard", "0/3"), ExitCode.USAGE),
        (("run", "--workers", "0"), ExitCode.USAGE),
        (("run", "absent.toml"), ExitCode.NOT_FOUND),
        (("run",), ExitCode.NOT_FOUND),
        (("collect",), ExitCode.NOT_FOUND),
        (("status",), ExitCode.NOT_FOUND),
    ],
)
def test_refusals(
    project: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: ExitCode
) -> None:
    write_sweep(project)
    answer(capsys, *words, code=code)


def test_collect_refuses_what_it_cannot_draw(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_sweep(project)
    answer(capsys, "plan")
    assert "nothing is recorded yet" in answer(capsys, "collect", code=ExitCode.NOT_FOUND)["error"]["message"]
    answer(capsys, "run")
    refusal = answer(capsys, "collect", "--metric", "absent", code=ExitCode.USAGE)["error"]
    assert "throughput" in refusal["hint"]
    assert "messages" in answer(capsys, "collect", "--x", "absent", code=ExitCode.USAGE)["error"]["hint"]
    (project / "others").mkdir()
    (project / "others" / "thesis.tex").touch()
    answer(capsys, "collect", "--to", "others", code=ExitCode.USAGE)
    assert (project / "others" / "thesis.tex").exists()
