"""The tutorials: their files are written and their commands run in an empty folder with an empty home."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.docs.shown_output import Step, appear_in_order, steps
from tests.program import ROOT, import_path, write_launcher

TUTORIALS: Final = ROOT / "docs" / "tutorials"
FAST: Final = ("order-book-data",)
SLOW: Final = ("benchmark-to-gate", "pytest-benchmark")
"""These measure two sides in many processes: up to half a minute each."""

_MARK: Final = "-- end of the output of a command --"


def environment(place: Path) -> dict[str, str]:
    """Nothing of the caller but where its programs and libraries are."""
    home, tools = place / "home", place / "bin"
    home.mkdir()
    write_launcher(tools)
    (tools / "python3").symlink_to(sys.executable)
    person = {"NAME": "t", "EMAIL": "t@example.org"}
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": import_path(),
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in person.items()},
    }


def follow(name: str, place: Path) -> list[tuple[Step, list[str]]]:
    """Do what the tutorial says, in one shell; each command with the lines that it printed."""
    project = place / "project"
    project.mkdir()
    bash = shutil.which("bash")
    assert bash
    done = []
    with (
        (place / "stderr").open("w") as diagnostics,
        subprocess.Popen(
            [bash, "--norc"],
            cwd=project,
            env=environment(place),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=diagnostics,
            text=True,
        ) as shell,
    ):
        assert shell.stdin
        assert shell.stdout
        for step in steps((TUTORIALS / f"{name}.md").read_text("utf-8")):
            if step.file:
                (project / step.file).write_text(step.text, "utf-8")
                continue
            command = step.text.replace("COMMIT", "0" * 40)
            shell.stdin.write(f"{command}\nlast=$?\necho '{_MARK}'\n(exit $last)\n")
            shell.stdin.flush()
            lines = iter(shell.stdout.readline, f"{_MARK}\n")
            done.append((step, [line.rstrip("\n") for line in lines]))
        shell.stdin.close()
    return done


@pytest.mark.parametrize("name", [*FAST, *(pytest.param(name, marks=pytest.mark.nightly) for name in SLOW)])
def test_what_is_shown_is_what_is_printed(name: str, tmp_path: Path) -> None:
    done = follow(name, tmp_path)
    assert len(done) >= 5
    for step, printed in done:
        shown = [*step.shown] or ["..."]
        message = "\n".join([f"$ {step.text}", *printed, (tmp_path / "stderr").read_text("utf-8")])
        assert appear_in_order(shown, printed), message


def test_every_tutorial_is_followed() -> None:
    assert {page.stem for page in TUTORIALS.glob("*.md")} == {*FAST, *SLOW}
