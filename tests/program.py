"""The program as a process: how every test that needs one starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
START: Final = "from obrelease.cli.start import main; main()"
"""What the installed `obrelease` runs; tests that change the program first put their code before it."""

COMMAND: Final = (sys.executable, "-c", START)


def import_path(*first: Path) -> str:
    """A `PYTHONPATH` with which a process imports what the tests import."""
    return os.pathsep.join([*map(str, first), *sys.path])


def environment(**more: str) -> dict[str, str]:
    """The environment of the tests without settings of the program, and `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OBRELEASE_")}
    return kept | {"PYTHONPATH": import_path()} | more


def run_program(
    *arguments: str | Path, cwd: Path | None = None, code: str = START, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the program, or `code` that starts it, to its end."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=cwd,
        env=environment() if env is None else env,
        capture_output=True,
        text=True,
        check=False,
    )


def start_program(
    *arguments: str | Path, cwd: Path | None = None, code: str = START, env: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start the program, or `code` that starts it, with pipes for its streams."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=cwd,
        env=environment() if env is None else env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def write_launcher(folder: Path) -> Path:
    """Write an executable `obrelease` that starts the program; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    launcher = folder / "obrelease"
    launcher.write_text(f"#!{sys.executable}\n{START}\n", "utf-8")
    launcher.chmod(0o755)
    return launcher
