"""The page on sweeps: its example runs as it is written, and its tables have every key and option."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from itertools import takewhile
from pathlib import Path
from typing import Final

from obrelease.measurement.sweeps.sweep_file import BenchGrid, CommandGrid, SweepFile
from tests.program import ROOT, environment, write_launcher

PAGE: Final = (ROOT / "docs" / "sweeps.md").read_text("utf-8")


def first_cells(after: str) -> set[str]:
    """The words in code of the first column of the first table after a text."""
    rows = iter(PAGE.partition(after)[2].lstrip().splitlines())
    while not next(rows).startswith("|--"):
        pass
    cells = [row.split("|")[1] for row in takewhile(lambda row: row.startswith("|"), rows)]
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def test_three_commands_lead_from_the_file_to_a_picture(tmp_path: Path) -> None:
    ((_, file),) = re.findall(r"^(`sweep.toml`:\n\n)```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (block,) = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(block.splitlines()) == 3
    tools, project = tmp_path / "bin", tmp_path / "project"
    write_launcher(tools)
    (tools / "python3").symlink_to(sys.executable)
    for folder in ("project", "home", "temporary"):
        (tmp_path / folder).mkdir()
    (project / "sweep.toml").write_text(file, "utf-8")
    env = environment(
        PATH=f"{tools}:/usr/bin:/bin", HOME=str(tmp_path / "home"), TMPDIR=str(tmp_path / "temporary")
    )
    bash = shutil.which("bash")
    assert bash
    done = subprocess.run(
        [bash, "-euo", "pipefail", "-c", block], cwd=project, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    page = (project / "sweep-sorting" / "index.html").read_text("utf-8")
    assert "14 of 14 cells are recorded, 0 failed." in page
    assert page.count('<img src="data:image/svg+xml;base64,') == 2 * (1 + 2) + 1
    pictures = sorted(path.name for path in (project / "sweep-sorting").glob("*.svg"))
    assert "sort-wall-time-01.svg" in pictures
    rows = (project / "sweep-sorting" / "values.csv").read_text("utf-8").splitlines()
    assert sum(row.startswith("sort,") and ",wall time," in row for row in rows) == 6


def test_every_key_of_the_file_is_in_a_table() -> None:
    assert first_cells("## The file") == set(SweepFile.model_fields)
    assert first_cells("In `[command.NAME]`:") == set(CommandGrid.model_fields)
    bench = PAGE.partition("| `bench` |")[2].partition("\n")[0]
    assert set(re.findall(r"`([^`]+)`", bench)) == set(BenchGrid.model_fields)
