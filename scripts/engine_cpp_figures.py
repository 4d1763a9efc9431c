"""Figures that only a C++ program can measure: `bench_engine.py --cpp FOLDER` runs the built benchmarks.

FOLDER is where the engine's CMake project was built with OBENGINE_BENCHMARK=ON. What is not built there
is left out and named. Times are of the processor, in the units that the programs print.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from obengine.api.messages import Commands

Figure = dict[str, Any]

_SPREAD = re.compile(r"median ([\d.]+), best ([\d.]+), worst ([\d.]+)")
_QUANTILES = re.compile(r"p50 (\d+), p90 (\d+), p99 (\d+), p99\.9 (\d+)")


def cpp_figures(
    folder: Path, commands: Commands, rounds: int, itch: Path | None
) -> tuple[list[Figure], list[str]]:
    """What the built programs measure, and the names of those that are not there.

    Args:
        folder: the build folder of the engine's CMake project.
        commands: the stream of the throughput and latency figures.
        rounds: repeats of each.
        itch: an ITCH 5.0 file, or None to leave its figure out.
    """
    found: list[Figure] = []
    missing = []
    with tempfile.TemporaryDirectory() as scratch:
        stream = Path(scratch) / "stream.commands"
        stream.write_bytes(commands.tobytes())
        jobs: list[tuple[str, str, str, list[Path | int | str]]] = [
            ("obengine_stream_bench", "C++ core, events written", "ns/message", [stream, rounds]),
            (
                "obengine_stream_bench",
                "C++ core, one message in a call",
                "ns/message",
                [stream, rounds, 1, "single"],
            ),
            ("obengine_latency_bench", "latency of one message", "ns", [stream]),
        ]
        if itch is not None:
            jobs.append(
                ("obengine_itch_bench", "ITCH 5.0 from memory to all books", "M msg/s", [itch, rounds])
            )
        for program, name, unit, arguments in jobs:
            path = folder / program
            if not path.is_file():
                missing.append(program)
                continue
            printed = subprocess.run(
                [str(path), *(str(argument) for argument in arguments)],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            found.append(_quantiles(name, unit, printed) if unit == "ns" else _spread(name, unit, printed))
    return found, missing


def _spread(name: str, unit: str, printed: str) -> Figure:
    match = _SPREAD.search(printed)
    if match is None:
        raise ValueError(f"no figure in what the benchmark of '{name}' printed: {printed!r}")
    median, best, worst = map(float, match.groups())
    ends = {"min": min(best, worst), "max": max(best, worst)}
    return {"name": name, "unit": unit, "median": median, **ends, "values": [], "with": {}}


def _quantiles(name: str, unit: str, printed: str) -> Figure:
    match = _QUANTILES.search(printed)
    if match is None:
        raise ValueError(f"no quantiles in what the benchmark of '{name}' printed: {printed!r}")
    p50, p90, p99, p999 = map(float, match.groups())
    more = {"p90": p90, "p99": p99, "p99_9": p999}
    return {"name": name, "unit": unit, "median": p50, "min": p50, "max": p999, "values": [], "with": more}
