#!/usr/bin/env python3
"""How long commands take from their start to their end, each as a process of its own, with the bars they have.

Commands of one section take turns with the interpreter alone and with a Typer program of two commands, so that
all are measured on the same machine in the same minutes. `--help` is compared with that program, `fsck` and
`validate` with `sha256sum` of the same files on two processors, as ratios. Figures are medians in processor
time and by the clock. Bars are by the clock of a quiet machine; the last column says whether one was met. On a
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
from collections.abc import Callable, Mapping, Sequence
from copy import copy
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
READ: Final = """
import hashlib, json, pathlib
for path in pathlib.Path("results").rglob("artefact.json"):
    data = path.read_bytes()
    hashlib.sha256(data).hexdigest()
    json.loads(data)
"""
METRICS: Final = 5
TAG: Final = "v1"
SETTINGS: Final = '[project]\nname = "bench"\n\n[tool.obrelease]\nresults = "results"\n'
INTERPRETER: Final = "python -c pass"
BARE_HELP: Final = "bare typer --help"


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
        (self.folder / "pyproject.toml").write_text(SETTINGS, "utf-8")
        self._compiled = top / "compiled"
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        checkout = f"{ROOT}{os.pathsep}{ROOT / 'engine'}"
        self._environment = kept | {"HOME": str(top / "home"), "COLUMNS": "100", "PYTHONPATH": checkout}

    def within(self, folder: Path) -> Machine:
        """The same machine in another folder."""
        moved = copy(self)
        moved.folder = folder
        return moved

    def spent(self, command: Sequence[str], **variables: str) -> Spent:
        """Run a program to its end; its exit code must be 0."""
        begin = time.perf_counter()
        with tempfile.TemporaryFile() as messages:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment | variables,
                stdout=subprocess.DEVNULL,
                stderr=messages,
            )
            _, status, used = os.wait4(process.pid, 0)
            wall_s = time.perf_counter() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                messages.seek(0)
                said = messages.read().decode("utf-8", "replace")
                raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}\n{said}")
        return Spent(used.ru_utime + used.ru_stime, wall_s)

    def python(self, program: str, *words: str, **variables: str) -> Spent:
        """Run a Python program."""
        prefix = f"pycache_prefix={self._compiled}"
        return self.spent([sys.executable, "-X", prefix, "-c", program, *words], **variables)

    def ours(self, *words: str, **variables: str) -> Spent:
        """Run `obrelease`."""
        return self.python(OURS, *words, **variables)

    def completion(self, line: str) -> Spent:
        """Ask what bash asks when the tab is pressed at the end of a line."""
        words = line.split(" ")
        return self.ours(_OBRELEASE_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))


def in_turns(rounds: int, runs: Mapping[str, Callable[[], Spent]]) -> dict[str, list[Spent]]:
    """Run all in turns, `rounds` times after a first round that is not counted."""
    found: dict[str, list[Spent]] = {what: [] for what in runs}
    for number in range(rounds + 1):
        for what, run in runs.items():
            spent = run()
            if number:
                found[what].append(spent)
    return found


def print_times(what: str, found: Sequence[Spent], bar_ms: int | None = None) -> None:
    """One line: medians, the least, and the bar."""
    cpu, wall = [each.cpu_s * 1e3 for each in found], [each.wall_s * 1e3 for each in found]
    times = f"{median(cpu):9.0f}{min(cpu):9.0f}{median(wall):10.0f}{min(wall):9.0f}"
    bar = "" if bar_ms is None else f"{bar_ms:8,} ms  {'met' if median(wall) <= bar_ms else 'over'}"
    print(f"{what:42s}{times}{bar}", flush=True)


def print_ratio(what: str, ours: Sequence[Spent], theirs: Sequence[Spent], bar: float) -> None:
    """The medians of the rounds' ratios, in processor time and by the clock."""
    pairs = list(zip(ours, theirs, strict=True))
    cpu = median(mine.cpu_s / other.cpu_s for mine, other in pairs)
    wall = median(mine.wall_s / other.wall_s for mine, other in pairs)
    met = "met" if min(cpu, wall) <= bar else "over"
    print(f"{what:42s}{cpu:9.2f}{'':9s}{wall:10.2f}{'':9s}{bar:8} x   {met}", flush=True)


def peers(machine: Machine) -> dict[str, Callable[[], Spent]]:
    """What every section is measured beside: the interpreter, and a program of the same parser."""
    return {
        INTERPRETER: lambda: machine.python("pass"),
        BARE_HELP: lambda: machine.python(BARE, "--help"),
    }


def measure_start(machine: Machine, rounds: int, runs: int) -> None:  # noqa: ARG001
    """`--help` against a bare program, `--version`, and words that the shell asks for on a tab."""
    found = in_turns(
        rounds,
        peers(machine)
        | {
            "--help": lambda: machine.ours("--help"),
            "--version": lambda: machine.ours("--version"),
            "-V": lambda: machine.ours("-V"),
            "completion of 'obrelease '": lambda: machine.completion("obrelease "),
            "completion of 'obrelease list --'": lambda: machine.completion("obrelease list --"),
            "completion of 'obrelease list kind='": lambda: machine.completion("obrelease list kind="),
        },
    )
    for what, times in found.items():
        print_times(what, times, None if what in {INTERPRETER, BARE_HELP, "--help"} else 60)
    print_ratio("--help, ratio to bare typer", found["--help"], found[BARE_HELP], 1.15)


def measure_lists(machine: Machine, rounds: int, runs: int) -> None:
    """`list` and `show` of many runs, completion of their digests, `fsck` and `validate` of their folders."""
    make_runs(machine.folder / "results", runs, METRICS)
    machine.ours("reindex")
    machine.ours("list")
    found = in_turns(
        rounds,
        peers(machine)
        | {
            "completion of 'obrelease show '": lambda: machine.completion("obrelease show "),
            "list --limit 0": lambda: machine.ours("list", "--limit", "0"),
            f"list of {runs:,} runs": lambda: machine.ours("list"),
            "show latest": lambda: machine.ours("show", "latest"),
        },
    )
    bars = dict(zip(list(found)[2:], (60, None, 250, 300), strict=True))
    for what, times in found.items():
        print_times(what, times, bars.get(what))
    measure_checks(machine, runs)


def measure_checks(machine: Machine, runs: int) -> None:
    """`fsck` and `validate` in turns with `sha256sum` of the same files."""
    hashing = ["sh", "-c", "find results -name artefact.json -print0 | xargs -0 -n 500 -P 2 sha256sum"]
    found = in_turns(
        3,
        {
            f"sha256sum of {runs:,} runs": lambda: machine.spent(hashing),
            "Python: read, hash, json.loads": lambda: machine.python(READ),
            "fsck": lambda: machine.ours("--quiet", "fsck"),
            "validate": lambda: machine.ours("--quiet", "validate"),
        },
    )
    theirs, *ours = found.items()
    print_times(*theirs)
    for what, times in ours:
        print_times(what, times)
        if what in {"fsck", "validate"}:
            print_ratio(f"{what}, ratio to sha256sum", times, theirs[1], 3)


def measure_bench(machine: Machine, rounds: int, runs: int) -> None:  # noqa: ARG001
    """A measurement of the engine, with its pictures."""
    found = in_turns(
        min(rounds, 5),
        peers(machine)
        | {
            "import matplotlib.figure": lambda: machine.python("import matplotlib.figure"),
            "run bench": lambda: machine.ours("run", "bench"),
            "run bench --no-pictures": lambda: machine.ours("run", "bench", "--no-pictures"),
            "show of a bench run": lambda: machine.ours("show", "latest"),
        },
    )
    bars = {"run bench": 1_200, "show of a bench run": 300}
    for what, times in found.items():
        print_times(what, times, bars.get(what))


def measure_release(machine: Machine, rounds: int, runs: int) -> None:
    """`publish` and `verify` of many runs, in a repository of its own; a first one compiles what they load."""
    for count in (1, runs):
        with tempfile.TemporaryDirectory(dir=machine.folder) as folder:
            repository = machine.within(Path(folder))
            make_runs(repository.folder / "results", count, METRICS)
            for words in (
                ("init", "--quiet", "--initial-branch=main"),
                ("config", "user.name", "bench"),
                ("config", "user.email", "bench@localhost"),
                ("add", "."),
                ("commit", "--quiet", "--message", "Runs"),
            ):
                repository.spent(["git", *words])
            published = [repository.ours("--quiet", "publish", TAG)]
            verified = [repository.ours("--quiet", "verify", TAG) for _ in range(min(rounds, 5))]
    print_times(f"publish of {runs:,} runs", published, 1_500)
    print_times(f"verify of {runs:,} runs", verified, 1_500)


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
    print(f"{'milliseconds':42s}{'cpu':>9s}{'least':>9s}{'clock':>10s}{'least':>9s}     bar")
    for name in given.only:
        with tempfile.TemporaryDirectory() as top:
            runs = given.published if name == "release" else given.runs
            SECTIONS[name](Machine(Path(top)), given.rounds, runs)


if __name__ == "__main__":
    main()
