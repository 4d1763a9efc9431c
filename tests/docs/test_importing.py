"""The page about imports: its commands run, and its tables have every option and every format."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from obrelease.cli.app import execute
from obrelease.importers.formats import BUILT_IN

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "importing.md").read_text("utf-8")


def test_the_commands_run_in_order(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash
    tools = tmp_path / "bin"
    tools.mkdir()
    program = tools / "obrelease"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m obrelease "$@"\n')
    program.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OBRELEASE_", "GITHUB_"))}
    environment = kept | {
        "HOME": str(tmp_path),
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    (block,) = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        [bash, "-euo", "pipefail", "-c", block], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    shown = re.findall(r"^(.*: hyperfine, .*)$", done.stdout, re.MULTILINE)
    assert shown == [
        "app.json: hyperfine, 3 metrics, recorded",
        "app.json: hyperfine, 3 metrics, recorded before",
        "standard input: hyperfine, 3 metrics, recorded before",
    ]
    (line,) = re.findall(r"^ {6}(left out .*)$", PAGE, re.MULTILINE)
    assert f"  {line}\n" in done.stdout


def test_every_option_is_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["import", "--help"]) == 0
    options = set(re.findall(r"(--[a-z-]+)", re.sub(r"\[env.*?\]", "", capsys.readouterr().out)))
    documented = set(re.findall(r"^\| `(--[a-z-]+)", PAGE, re.MULTILINE))
    assert options - documented == {
        "--help",
        "--json",
        "--quiet",
        "--verbose",
        "--max-input",
        "--no-pager",
        "--color",
    }
    assert documented <= options


def test_every_format_is_in_the_table() -> None:
    table = PAGE.partition("## Formats")[2]
    rows = re.findall(r"^\| (`[^|]*`) \|", table, re.MULTILINE)
    assert [
        name for row in rows for name in re.findall(r"`([a-z0-9-]+)`", row) if name != "--format"
    ] == list(BUILT_IN)
