"""Runs another benchmark tool and finds the results files that this run wrote."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from obrelease.errors import MeasurementFailed, UsageError
from obrelease.measurement.benchmark import OUTPUT, Benchmark, CommandLine, command_words
from obrelease.measurement.process import Command, Execution, run_once
from obrelease.measurement.timing import command_failed, read_tail
from obrelease.storage.system_errors import storage_errors

_STEM: Final = "results"
_STDOUT: Final = "stdout"
_Stamps = dict[Path, tuple[int, int, int]]
"""Inode, size and time of change of each file: a file of an earlier run keeps them."""


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """One run of another tool: what it used, and the files that it wrote, at least one."""

    execution: Execution
    files: tuple[Path, ...]


def run_tool(benchmark: Benchmark, folder: Path, scratch: Path) -> ToolOutput:
    """Run the tool once.

    Args:
        folder: the working folder.
        scratch: an empty folder for what the tool prints, and for `{output}`.

    Raises:
        MeasurementFailed: the tool failed, or wrote no results file.
        UsageError: a pattern of `files` leads out of the folder.
        NotFound, StorageError: the tool cannot be started.
    """
    before = _stamps(folder, benchmark.files)
    run = _with_output(benchmark.run, scratch / _STEM)
    command = Command(command_words(run, benchmark.shell), folder, benchmark.environment)
    with (
        storage_errors(scratch),
        (scratch / _STDOUT).open("xb") as stdout,
        (scratch / "stderr").open("x+b") as stderr,
    ):
        done = run_once(command, stdout=stdout, stderr=stderr)
        if done.code != 0 and not benchmark.ignore_failure:
            raise command_failed(benchmark, done.code, read_tail(stderr.fileno()))
    if benchmark.files:
        found = [
            path for path, stamp in _stamps(folder, benchmark.files).items() if before.get(path) != stamp
        ]
        where = f"matches {', '.join(benchmark.files)}"
    elif run != benchmark.run:
        found = [path for path in scratch.iterdir() if path.name.startswith(_STEM)]
        where = f"is {OUTPUT}"
    else:
        found, where = [scratch / _STDOUT], ""
    if not found:
        raise MeasurementFailed(
            f"{benchmark.title!r:.80}: the tool wrote no new file that {where}",
            hint="let its command write one, or change `files`",
        )
    return ToolOutput(done, tuple(sorted(found)))


def _with_output(line: CommandLine, path: Path) -> CommandLine:
    """The command with the path of the file to write; quoted where a shell reads it."""
    if isinstance(line, str):
        return line.replace(OUTPUT, shlex.quote(str(path)))
    return tuple(word.replace(OUTPUT, str(path)) for word in line)


def _stamps(folder: Path, patterns: Sequence[str]) -> _Stamps:
    stamps: _Stamps = {}
    for path in _matches(folder, patterns):
        with storage_errors(path, "cannot be read"):
            facts = path.lstat()
        stamps[path] = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
    return stamps


def _matches(folder: Path, patterns: Sequence[str]) -> Iterator[Path]:
    for pattern in patterns:
        parts = PurePosixPath(pattern)
        if not parts.parts or parts.is_absolute() or ".." in parts.parts:
            raise UsageError(
                f"the pattern {pattern!r:.80} leads out of the working folder",
                hint="write it relative to the folder that is measured",
            )
        with storage_errors(folder, "cannot be searched"):
            yield from (path for path in folder.glob(pattern) if path.is_file())
