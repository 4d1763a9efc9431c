"""docs/simulation.md: its blocks run in order in one folder, and its tutorial draws its picture again."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "simulation.md").read_text("utf-8")
ENVIRONMENT = {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "engine"))), "MPLBACKEND": "agg"}


def environment(folder: Path) -> dict[str, str]:
    """The environment of a block: this tree, and a home of its own."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **ENVIRONMENT, "HOME": str(folder), "PATH": programs}


def test_every_block_runs_in_order(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    commands = {"python": [sys.executable, "-c"], "sh": [bash, "-euo", "pipefail", "-c"]}
    blocks = re.findall(r"^```(python|sh)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert [language for language, _ in blocks] == ["sh", "python", "sh"]
    said = []
    for language, code in blocks:
        done = subprocess.run(
            [*commands[language], code],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{code}\n{done.stdout}{done.stderr}"
        said.append(done.stdout)
    assert "reproduced: every fill, order event and queue position" in said[-1]
    made = r"^strategy +profit -?\$[\d,.]+, position -?[\d,]+ shares, [\d,]+ fills .* of [\d,]+ orders"
    assert re.search(made, said[-1], re.MULTILINE), said[-1]
    assert (tmp_path / "profit.png").stat().st_size > 1_000


def test_the_walk_takes_ten_lines() -> None:
    blocks = re.findall(r"^```(?:python|sh)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    walk = "".join(blocks[1:]).splitlines()
    assert len([line for line in walk if line and not line.startswith(("from ", "import "))]) <= 10


@pytest.mark.nightly
def test_the_tutorial_draws_the_picture_of_the_page(tmp_path: Path) -> None:
    script = ROOT / "docs" / "tutorials" / "market_maker.py"
    done = subprocess.run(
        [sys.executable, script, "", tmp_path],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "exact" in done.stdout
    assert (tmp_path / "market-maker.svg").read_bytes().startswith(b"<?xml")
