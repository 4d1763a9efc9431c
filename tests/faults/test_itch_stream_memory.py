"""An ITCH file of any length is replayed within 300 MiB, whole or in part, from a pipe."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from tests.program import environment

WRITE: Final = """
import sys
import numpy as np
from obengine.feeds.itch50_layout import ADD, DELETE, EXECUTED

MESSAGES, PER_BLOCK = int(sys.argv[1]), 60_000
# Adds, executions and deletes in turn, of a thousand stocks.
parts = [("a", ADD), ("e", EXECUTED), ("d", DELETE)]
fields = [(p + n, k) for p, layout in parts for n, k in [("length", ">u2"), *layout.descr]]
rows = np.zeros(PER_BLOCK // 3, dtype=fields)
number = np.arange(rows.size)
for p, layout in parts:
    rows[p + "length"], rows[p + "type"] = layout.itemsize, p.upper().encode()
    rows[p + "locate"] = number % 1000 + 1
rows["aside"], rows["ashares"], rows["aprice"], rows["eshares"] = b"B", 100, 10_000 + number % 500, 40
rows["astock"] = [f"S{each % 1000 + 1}".ljust(8).encode() for each in number]
for made in range(0, MESSAGES, PER_BLOCK):
    for p, _ in parts:
        time_ns = 34_200 * 10**9 + made
        rows[p + "time_high"], rows[p + "time_low"] = time_ns >> 32, time_ns & 0xFFFFFFFF
        rows[p + "ref"] = made + number + 1
    sys.stdout.buffer.write(rows.tobytes())
"""

REPLAY: Final = """
import sys
from pathlib import Path
from obengine.feeds.itch50_stream import ItchSelection
from obengine.harness.replay import run_replay
from obengine.harness.selection import Selection

outcome = run_replay(Path("-"), core="native", passes=1, selection=Selection(symbols=tuple(sys.argv[1:])))
failed = [check.name for check in outcome.checks if not check.passed]
status = open("/proc/self/status").read()
peak_kib = int(status.partition("VmHWM:")[2].split()[0])  # ru_maxrss has the memory of the parent as well
print(outcome.workload.messages, outcome.events, peak_kib >> 10, *failed)
"""


@pytest.mark.parametrize("symbols", [(), ("S7",)])
@pytest.mark.parametrize("messages", [600_000, pytest.param(50_040_000, marks=pytest.mark.nightly)])
def test_a_replay_of_a_long_file_takes_little_memory(messages: int, symbols: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITE, str(messages)], env=environment(), stdout=subprocess.PIPE
    ) as writer:
        done = subprocess.run(
            [sys.executable, "-c", REPLAY, *symbols],
            env=environment(), stdin=writer.stdout, capture_output=True, text=True, check=True,
        )  # fmt: skip
    commands, events, peak_mib, *failed = done.stdout.split()
    states = 1 if symbols else 1_000
    chosen = messages // 1_000 if symbols else messages
    assert (int(commands), int(events), failed) == (chosen + states, chosen + states, [])
    assert int(peak_mib) < 300
