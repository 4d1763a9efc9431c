"""Timed passes in new processes: each process warms up once and times one pass.

Properties that are constant within a process (memory layout, hash seeds) do not vary between the passes of
one process. With a new process per pass they vary too, and are part of the spread.

A worker reads the command records from stdin and writes one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from obengine.api.errors import DigestMismatch, WorkerFailed
from obengine.api.messages import COMMAND, Commands, records_digest
from obengine.cores import make_book
from obengine.harness.measure import PassResults, Progress, run_passes

_WORDS: Final = (sys.executable, "-m", "obengine.harness.fresh_passes")


def run_fresh_passes(
    commands: Commands, core: str, passes: int, expected: PassResults, progress: Progress | None
) -> PassResults:
    """Time `passes` passes over the whole stream, each in a new process, sequentially.

    Args:
        commands, core, passes, progress: as for `run_passes`.
        expected: the results of a pass in this process; its times are replaced.

    Raises:
        DigestMismatch: a process gave different events or a different state.
        WorkerFailed: a process failed.
    """
    data = np.ascontiguousarray(commands).view(np.uint8).data
    wanted = expected.events_digest, expected.snapshot.digest()
    wall_ns, preemptions = [], []
    for number in range(1, passes + 1):
        done = subprocess.run([*_WORDS, core], input=data, capture_output=True, check=False)
        if done.returncode:
            words = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise WorkerFailed(f"the process of pass {number} failed: {''.join(words) or done.returncode}")
        answer = json.loads(done.stdout)
        if (answer["events_digest"], answer["state_digest"]) != wanted:
            raise DigestMismatch(f"the process of pass {number} gave other events or another state")
        wall_ns.append(int(answer["wall_ns"]))
        preemptions.append(int(answer["preemptions"]))
        if progress is not None:
            progress(commands.size)
    return replace(expected, wall_ns=tuple(wall_ns), preemptions=tuple(preemptions))


def answer_for(data: bytes, core: str) -> dict[str, int | str]:
    """The result of a worker: one warm-up pass and one timed pass."""
    commands = np.frombuffer(data, dtype=COMMAND)
    results = run_passes(commands, partial(make_book, core), 1, None)
    return {
        "wall_ns": results.wall_ns[0],
        "preemptions": results.preemptions[0],
        "events_digest": records_digest(results.events),
        "state_digest": results.snapshot.digest(),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(answer_for(sys.stdin.buffer.read(), sys.argv[1])) + "\n")
