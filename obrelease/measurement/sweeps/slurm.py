"""A sweep as a job array of Slurm: the script, and its submission by `sbatch`."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from obrelease.errors import NotFound, RemoteError, UsageError

MAX_TASKS: Final = 10_000
_SBATCH: Final = "sbatch"
_TIMEOUT_S: Final = 60
_JOB: Final = re.compile(r"([0-9]+)(?:;[^\s;]+)?")
_OPTION: Final = re.compile(r"--[a-z][a-z0-9-]*(=[^\x00-\x1f]*)?")
_OWN_OPTIONS: Final = ("--array", "--job-name", "--output", "--parsable", "--wrap")
_MAX_ERROR_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class SlurmArray:
    """What is submitted.

    Attributes:
        name: of the sweep.
        tasks: how many tasks the array has; each measures whatever is left.
        words: the command line of a task.
        folder: the working folder of the tasks, which every node must have.
        log: the path of the output of a task; `%A` and `%a` are the job and the task.
        options: more options of `sbatch`, such as `--partition=bench`.
    """

    name: str
    tasks: int
    words: tuple[str, ...]
    folder: str
    log: str
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.tasks <= MAX_TASKS:
            raise UsageError(f"there are {self.tasks} tasks", hint=f"submit from 1 to {MAX_TASKS:,}")
        for option in self.options:
            if not _OPTION.fullmatch(option) or option.partition("=")[0] in _OWN_OPTIONS:
                raise UsageError(
                    f"{option!r:.60} is not an option that can be passed on",
                    hint="write it as --NAME=VALUE, such as --partition=bench",
                )


def batch_script(array: SlurmArray) -> str:
    """The script of the array, for a shell.

    A task is ended by SIGTERM when its time is over, and then gives its cell free. `--requeue` lets Slurm
    start the tasks of a node again that failed. Claims decide what is measured: a task may start twice.
    """
    options = (
        f"--job-name=sweep-{array.name}",
        f"--array=1-{array.tasks}",
        f"--chdir={array.folder}",
        f"--output={array.log}",
        "--requeue",
        *array.options,
    )
    lines = [f"#SBATCH {_quoted(option)}" for option in options]
    return "\n".join(["#!/bin/sh", *lines, f"exec {shlex.join(array.words)}", ""])


def submit_array(array: SlurmArray) -> str:
    """Submit the array; returns the number of the job.

    Raises:
        NotFound: there is no `sbatch`.
        RemoteError: it refused, or did not answer.
    """
    try:
        done = subprocess.run(
            [_SBATCH, "--parsable"],
            input=batch_script(array),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError as error:
        raise NotFound(
            "there is no `sbatch` here", hint="submit from a node with Slurm, or --dry-run"
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RemoteError("`sbatch` did not answer", hint="`sinfo` shows whether Slurm runs") from error
    found = _JOB.fullmatch(done.stdout.strip())
    if done.returncode != 0 or found is None:
        raise RemoteError(f"sbatch refused the sweep: {_last_line(done.stderr)}")
    return found[1]


def _quoted(option: str) -> str:
    """An option as `sbatch` reads it from a script: double quotes keep blanks."""
    if not re.search(r"[\s\"']", option):
        return option
    name, _, value = option.partition("=")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{escaped}"'


def _last_line(text: str) -> str:
    lines: Sequence[str] = [line for line in text.splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    return "".join(char for char in last if char.isprintable())[:_MAX_ERROR_CHARACTERS]
