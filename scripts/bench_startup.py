#!/usr/bin/env python3
"""How long commands take from their start to their end, each as a process of its own, with the bars they have.

`--help` is compared with a Typer program of two commands, `fsck` and `validate` with `sha256sum` of the same
files on two processors: interleaved, as ratios. Figures are medians in processor time and by the clock; on a
busy machine, trust the processor time and the ratios. All run from compiled files, as installed programs do.

usage: python scripts/bench_startup.py [--rounds N] [--runs N] [--published N] [--only NAME...]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.bench_figures import make_runs  # noqa: E402

BARE: Final = """
import typer
app = typer.Typer(rich_markup_mode=None)
app.command("one")(lambda: None)
app.command("two")(lambda: None)
app()
"""
OURS: Final = "from obrelease.cli.start import main; main()"
METRICS: Final = 5
TAG: Final = "v1"


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of one process and its children."""

    cpu_s: float
    wall_s: float


class Machine:
    """Runs programs in a folder, with their compiled files and the user's cache in a temporary folder."""

    def __init__(self, top: Path) -> None:
        self.folder = top / "project"
        self.folder.mkdir()
        self._compiled = top / "compiled"
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        checkout = f"{ROOT}{os.pathsep}{ROOT / 'engine'}"
        self._environment = kept | {"HOME": str(top / "home"), "COLUMNS": "100", "PYTHONPATH": checkout}

    def spent(self, command: Sequence[str], **variables: str) -> Spent:
        """Run a program to its end; its exit code must be 0."""
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=self.folder, env=self._environment | variables, stdout=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
        return Spent(used.ru_utime + used.ru_stime, wall_s)

    def python(self, program: str, *words: str, **variables: str) -> Spent:
        """Run a Python program."""
        prefix = f"pycache_prefix={self._compiled}"
        return self.spent([sys.executable, "-X", prefix, "-c", program, *words], **variables)

    def ours(self, *words: str, **variables: str) -> Spent:
        """Run `obrelease`."""
        return self.python(OURS, *words, **variables)


def print_times(what: str, found: Sequence[Spent], bar: str) -> None:
    """One line: medians, the least, and the bar."""
    cpu, wall = [each.cpu_s * 1e3 for each in found], [each.wall_s * 1e3 for each in found]
    times = f"{median(cpu):9.0f}{min(cpu):9.0f}{median(wall):10.0f}{min(wall):9.0f}"
    print(f"{what:42s}{times}   {bar}", flush=True)


def print_ratio(what: str, ours: Sequence[Spent], theirs: Sequence[Spent], bar: str) -> None:
    """The medians of the rounds' ratios, in processor time and by the clock."""
    pairs = list(zip(ours, theirs, strict=True))
    cpu = median(mine.cpu_s / other.cpu_s for mine, other in pairs)
    wall = median(mine.wall_s / other.wall_s for mine, other in pairs)
    print(f"{what:42s}{cpu:9.2f}{'':9s}{wall:10.2f}{'':9s}   {bar}", flush=True)


def measure_start(machine: Machine, rounds: int, runs: int) -> None:  # noqa: ARG001
    """`--help` against a bare program, `--version`, and what the shell asks for on a tab."""
    bare, helps = [], []
    for _ in range(rounds + 1):
        bare.append(machine.python(BARE, "--help"))
        helps.append(machine.ours("--help"))
    print_times("bare typer --help", bare[1:], "")
    print_times("--help", helps[1:], "")
    print_ratio("--help, ratio", helps[1:], bare[1:], "1.15")
    print_times("--version", [machine.ours("--version") for _ in range(rounds)], "60 ms")
    for words in ("obrelease ", "obrelease show "):
        asked = {
            "_OBRELEASE_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        }
        print_times(f"completion of '{words}'", [machine.ours(**asked) for _ in range(rounds)], "60 ms")


def measure_lists(machine: Machine, rounds: int, runs: int) -> None:
    """`list` and `show` of many runs, `fsck` and `validate` of their folders."""
    make_runs(machine.folder / "results", runs, METRICS)
    machine.ours("reindex")
    for words, bar in (
        (("list", "--limit", "0"), "250 ms"),
        (("list",), ""),
        (("show", "latest"), "300 ms"),
    ):
        machine.ours(*words)
        print_times(" ".join(words), [machine.ours(*words) for _ in range(rounds)], bar)
    hashing = ["sh", "-c", "find results -name artefact.json -print0 | xargs -0 -n 500 -P 2 sha256sum"]
    theirs = [machine.spent(hashing) for _ in range(3)]
    print_times(f"sha256sum of {runs:,} runs", theirs, "")
    for words in (("fsck",), ("validate",)):
        ours = [machine.ours(*words) for _ in range(3)]
        print_times(" ".join(words), ours, "")
        print_ratio(f"{words[0]}, ratio to sha256sum", ours, theirs, "3")


def measure_bench(machine: Machine, rounds: int, runs: int) -> None:  # noqa: ARG001
    """A measurement of the engine, with its pictures."""
    machine.ours("run", "bench")
    print_times("run bench", [machine.ours("run", "bench") for _ in range(min(rounds, 5))], "1,200 ms")
    machine.ours("show", "latest")
    print_times("show of a bench run", [machine.ours("show", "latest") for _ in range(rounds)], "300 ms")


def measure_release(machine: Machine, rounds: int, runs: int) -> None:
    """`publish` and `verify` of many runs, in a repository of its own."""
    make_runs(machine.folder / "results", runs, METRICS)
    for words in (
        ("init", "--quiet", "--initial-branch=main"),
        ("config", "user.name", "bench"),
        ("config", "user.email", "bench@localhost"),
        ("add", "."),
        ("commit", "--quiet", "--message", "Runs"),
    ):
        machine.spent(["git", *words])
    print_times(f"publish of {runs:,} runs", [machine.ours("publish", TAG)], "1,500 ms")
    verified = [machine.ours("verify", TAG) for _ in range(min(rounds, 3))]
    print_times(f"verify of {runs:,} runs", verified, "1,500 ms")


SECTIONS: Final[dict[str, Callable[[Machine, int, int], None]]] = {
    "start": measure_start,
    "lists": measure_lists,
    "bench": measure_bench,
    "release": measure_release,
}


def main() -> None:
    """Print the table, a section in a folder of its own."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--runs", type=int, default=10_000)
    options.add_argument("--published", type=int, default=500)
    options.add_argument("--only", nargs="*", choices=SECTIONS, default=list(SECTIONS))
    given = options.parse_args()
    print(f"{'milliseconds':42s}{'cpu':>9s}{'least':>9s}{'clock':>10s}{'least':>9s}   bar")
    for name in given.only:
        with tempfile.TemporaryDirectory() as top:
            runs = given.published if name == "release" else given.runs
            SECTIONS[name](Machine(Path(top)), given.rounds, runs)


if __name__ == "__main__":
    main()
