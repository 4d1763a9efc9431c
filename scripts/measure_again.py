#!/usr/bin/env python3
"""Runs the command of each committed run again and compares what must not change: the events digest.

usage: measure_again.py [--results DIR] --to DIR

Each command is the one that the run's own artefact holds. The new runs go to another folder, so that
a release carries what was committed and nothing that a shared machine measured. Exit code 10 where a
run gives other events, else the first exit code that is not 0.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path

from obrelease.errors import ExitCode
from obrelease.registry.store import Registry

ENGINE = ("obrelease", "run")


def main() -> int:
    """Measure everything again; print one line for each run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("results"), help="the committed runs")
    parser.add_argument("--to", type=Path, required=True, help="a folder for the new runs")
    options = parser.parse_args()
    registry = Registry(options.results)
    runs = [(registry.load(entry), entry.folder) for entry in registry.find()]
    commands = {
        run.command: (run.outcome.events_digest, folder)
        for run, folder in runs
        if run.outcome and run.command[:2] == ENGINE
    }
    if not commands:
        sys.stderr.write(f"error: {options.results}: holds no run that can be measured again\n")
        return ExitCode.NOT_FOUND
    to = options.to.resolve()
    return max(measured(command, *known, to) for command, known in sorted(commands.items()))


def measured(command: tuple[str, ...], events_digest: str, folder: Path, to: Path) -> int:
    """Run one command in the folder of its run, whose limits it may name; 0 where the events are the same."""
    words = [*command, "--results", str(to), "--json", "--quiet"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"failed  {shlex.join(command)}\n{done.stderr}")
        return done.returncode
    again = json.loads(done.stdout)["run"]["events_digest"]
    same = again == events_digest
    print(f"{'same' if same else 'OTHER':6}  {again[:12]}  {shlex.join(command)}", flush=True)
    return ExitCode.OK if same else ExitCode.NOT_REPRODUCED


if __name__ == "__main__":
    sys.exit(main())
