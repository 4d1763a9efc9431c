"""The script that runs the reference benchmarks again: same events or an exit code that says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from obrelease.errors import ExitCode
from obrelease.models.artefact import Artefact, Outcome
from obrelease.registry.store import Registry
from tests.drafts import draft
from tests.program import ROOT, import_path, write_launcher

BENCH: Final = (
    "bench",
    "--scenario",
    "baseline",
    "--core",
    "reference",
    "--messages",
    "200",
    "--passes",
    "1",
)


def environment(tmp_path: Path) -> dict[str, str]:
    """A PATH whose `obrelease` is the one of this checkout."""
    tools = tmp_path / "bin"
    write_launcher(tools)
    known = {key: value for key, value in os.environ.items() if not key.startswith("OBRELEASE_")}
    return known | {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": import_path(ROOT, ROOT / "engine"),
        "HOME": str(tmp_path),
    }


def again(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    script = [sys.executable, str(ROOT / "scripts" / "measure_again.py")]
    return subprocess.run(
        [*script, "--results", "results", "--to", "again"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_run_gives_its_events_again_and_a_false_one_is_found(tmp_path: Path) -> None:
    subprocess.run(
        ["obrelease", "run", *BENCH, "--seed", "42", "--results", "results", "--quiet"],
        cwd=tmp_path,
        env=environment(tmp_path),
        check=True,
        capture_output=True,
    )
    same = again(tmp_path)
    assert (same.returncode, same.stderr) == (ExitCode.OK, "")
    assert same.stdout.startswith("same ")
    assert len(Registry(tmp_path / "again").find()) == 1

    registry = Registry(tmp_path / "results")
    true = registry.load(registry.find()[0])
    assert true.outcome is not None
    outcome = Outcome(**{**dict(true.outcome), "events_digest": "0" * 64})
    command = tuple("43" if word == "42" else word for word in true.command)
    false: Artefact = draft(command=command, outcome=outcome)
    registry.record(false, ())
    found = again(tmp_path)
    assert found.returncode == ExitCode.NOT_REPRODUCED
    assert sorted(line.split()[0] for line in found.stdout.splitlines()) == ["OTHER", "same"]


def test_a_run_under_limits_is_measured_by_the_limits_that_it_keeps(tmp_path: Path) -> None:
    limits = 'version = 1\n[[limit]]\nparticipant = "maker"\nopen_orders = 1000000\n'
    maker = "[market_maker]\nhalf_spread_ticks = 300\nquote_lots = 20\n"
    (tmp_path / "mine.toml").write_text(limits + maker)
    subprocess.run(
        ["obrelease", "run", "replay", "--risk", "mine.toml", "--core", "reference", "--passes", "1"],
        cwd=tmp_path,
        env=environment(tmp_path),
        check=True,
        capture_output=True,
    )
    (tmp_path / "mine.toml").unlink()
    same = again(tmp_path)
    assert (same.returncode, same.stderr) == (ExitCode.OK, "")
    assert "--risk risk-limits.toml" in same.stdout


def test_a_run_that_cannot_be_measured_is_an_error(tmp_path: Path) -> None:
    Registry(tmp_path / "results").record(draft(command=("obrelease", "run", "nothing")), ())
    found = again(tmp_path)
    assert found.returncode == ExitCode.USAGE
    assert "nothing" in found.stdout


def test_no_run_at_all_is_an_error(tmp_path: Path) -> None:
    Registry(tmp_path / "results").record(draft(kind="imported", command=("cargo", "bench")), ())
    found = again(tmp_path)
    assert found.returncode == ExitCode.NOT_FOUND
    assert "measured again" in found.stderr
