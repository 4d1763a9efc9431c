"""Passes in processes of their own: each starts cold, warms up once, and times one pass.

What a process keeps for its whole life (where its memory lies, how its hash tables fell out) is the
same in all passes within it. Where each pass has its own process, these differ from pass to pass too,
and the spread shows it.

A worker gets the command records on stdin, and answers with one line of JSON.
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
    """Time `passes` passes over the whole stream, each in a fresh process, one after another.

    Args:
        commands, core, passes, progress: as for `run_passes`.
        expected: what a pass in this process gave; its events are kept, its times are not.

    Raises:
        DigestMismatch: a process gave other events or another state.
        WorkerFailed: a process gave no answer.
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
    """What a worker answers: one pass to warm up, one that is timed."""
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
