"""`run bench --against`: two trees of a scratch clone in turn, in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.registry.store import Registry

ROOT = Path(__file__).resolve().parents[2]
TINY = ["--messages", "300", "--passes", "2", "--core", "reference", "--runs", "4"]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scratch clone of this project with a working folder in it."""
    target = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-tags", str(ROOT), str(target)], check=True)
    monkeypatch.chdir(target)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in ("OBRELEASE_RESULTS", "OBRELEASE_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    return target


def head_of(clone: Path) -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=clone, check=True, capture_output=True, text=True
    )
    return asked.stdout.strip()


def test_the_work_tree_is_compared_with_a_commit(
    clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = head_of(clone)
    version = clone / "obrelease" / "version.py"
    version.write_text('"""Edited."""\n\nVERSION = "99.0"\n', "utf-8")
    results = tmp_path / "runs"
    status = execute(["run", "bench", "--against", base[:12], *TINY, "--json", "--results", str(results)])
    answer = json.loads(capsys.readouterr().out)
    assert status == ExitCode.OK
    assert answer["against"] == base[:12]
    assert {metric["name"] for metric in answer["metrics"]} >= {"throughput", "service-latency p50"}
    registry = Registry(results)
    kept = {entry.digest: registry.load(entry) for entry in registry.find()}
    assert len(kept) == 8
    sides = {side: [kept[digest] for digest in answer[side]["runs"]] for side in ("base", "head")}
    assert {(run.producer.commit, run.producer.dirty) for run in sides["base"]} == {(base, False)}
    assert {(run.producer.commit, run.producer.dirty) for run in sides["head"]} == {(base, True)}
    assert {run.producer.version for run in sides["head"]} == {"99.0"}
    in_time = sorted((int(run.created_ns), side) for side, runs in sides.items() for run in runs)
    assert [side[0] for _, side in in_time] == list("bhhbbhhb")
    listed = subprocess.run(["git", "worktree", "list"], check=True, capture_output=True, text=True)
    assert len(listed.stdout.splitlines()) == 1


@pytest.mark.usefixtures("clone")
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--against", "no-such-branch"], ExitCode.NOT_FOUND, "no-such-branch"),
        (["--against=--output=x"], ExitCode.USAGE, "cannot name a commit"),
        (["--against", "HEAD", "--runs", "3"], ExitCode.USAGE, "--runs"),
        (["--force"], ExitCode.USAGE, "--against"),
    ],
)
def test_a_comparison_that_is_impossible_is_refused_early(
    words: list[str], code: ExitCode, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["run", "bench", *TINY, *words]) == code
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("core", ["auto", "native", "reference"])
@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"README.md": "made up"}, "this repository holds no engine to compare"),
        (
            {"engine/obengine/__init__.py": "", "obrelease/__init__.py": ""},
            "the commit HEAD holds no engine to compare",
        ),
    ],
)
def test_without_an_engine_nothing_is_built(
    files: dict[str, str],
    message: str,
    core: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The files are in the work tree alone, as changes that nobody committed yet."""
    git = ("git", "-c", "user.name=made-up", "-c", "user.email=made-up@localhost")
    subprocess.run([*git, "init", "--quiet", str(tmp_path)], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "made up"], cwd=tmp_path, check=True)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("obrelease.api.measure_against.build_native", lambda _: pytest.fail("it was built"))
    words = ["run", "bench", "--against", "HEAD", "--core", core, "--results", "results"]
    assert execute(words) == ExitCode.NOT_FOUND
    assert message in capsys.readouterr().err


def test_a_revision_that_fails_is_named(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = clone / "engine" / "obengine" / "flow" / "__init__.py"
    broken.write_text("raise RuntimeError('broken on purpose')\n", "utf-8")
    assert execute(["run", "bench", "--against", "HEAD", *TINY]) == ExitCode.INVALID_INPUT
    errors = capsys.readouterr().err
    assert "the head could not be measured" in errors
    assert "broken on purpose" in errors


def test_the_trees_import_themselves(clone: Path) -> None:
    from obrelease.measurement.engine_side import LAUNCH

    shown = subprocess.run(
        [sys.executable, "-I", "-c", LAUNCH, str(clone), "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.startswith("obrelease ")
    refused = subprocess.run(
        [sys.executable, "-I", "-c", LAUNCH, str(clone / "nowhere"), "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "another installation came first" in refused.stderr
