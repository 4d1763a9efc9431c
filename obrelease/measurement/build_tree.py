"""Builds a source tree before it is measured, by one command that runs in it."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from obrelease.errors import MeasurementFailed
from obrelease.measurement.benchmark import Benchmark, command_words, shown_command
from obrelease.measurement.process import Command, run_once
from obrelease.models.finding import printable
from obrelease.storage.operating_system import refuse_windows

_MAX_OUTPUT_BYTES: Final = 2**20
_ERROR_MARKS: Final = ("CMake Error", "error:", "ERROR:", "No module named", "No such file", "not found")
_MAX_ERROR_CHARACTERS: Final = 300


def run_build(command: Command) -> tuple[int, str]:
    """The exit code and the end of the output; an interrupt also kills the compilers, which would go on.

    Raises:
        NotFound, StorageError: the command cannot be started.
    """
    if sys.platform == "win32":
        refuse_windows("a measurement")
    with tempfile.TemporaryFile() as output:
        done = run_once(command, stdout=output, stderr=output)
        start = max(0, os.fstat(output.fileno()).st_size - _MAX_OUTPUT_BYTES)
        return done.code, os.pread(output.fileno(), _MAX_OUTPUT_BYTES, start).decode("utf-8", "replace")


def build_tree(benchmark: Benchmark, folder: Path, side: str) -> None:
    """Run the build command of a benchmark, if it has one.

    Args:
        folder: the working folder, inside the tree.
        side: the name of the tree for messages.

    Raises:
        MeasurementFailed: the build failed; the message has the last line of its output.
        NotFound, StorageError: the command cannot be started.
    """
    if benchmark.build is None:
        return
    words = command_words(benchmark.build, benchmark.shell)
    code, output = run_build(Command(words, folder, benchmark.environment))
    if code != 0:
        raise MeasurementFailed(
            f"the {side} cannot be built: {shown_command(benchmark.build)} ended with {code}:"
            f" {error_of_build(output)}",
            hint="the copies that are compared hold committed and changed files, and no ignored ones",
        )


def error_of_build(output: str) -> str:
    """The first error line and the two that follow (CMake names the cause there), or the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for at, line in enumerate(lines):
        if any(mark in line for mark in _ERROR_MARKS):
            return printable(" ".join(lines[at : at + 3])[:_MAX_ERROR_CHARACTERS])
    return printable(lines[-1][:_MAX_ERROR_CHARACTERS]) if lines else "it printed nothing"
