"""One digest whatever built the core and whatever it runs on: optimisation, compiler, instruction set."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from obengine.api.messages import EVENT, records_digest
from obengine.reference.book import ReferenceBook
from tests.differential.plain_streams import STREAMS

ENGINE = Path(__file__).resolve().parents[2] / "engine"
MESSAGES = 3_000


@dataclass(frozen=True, slots=True)
class Build:
    """A compiler with its options, what runs its programs, and the Debian packages that have both."""

    compiler: tuple[str, ...]
    runner: tuple[str, ...] = ()
    packages: str = "g++"


BUILDS = [
    pytest.param(Build(("g++", "-O0")), id="gcc, nothing optimised"),
    pytest.param(Build(("g++", "-O3", "-march=native")), id="gcc, all that this processor has"),
    pytest.param(
        Build(("clang++", "-O2"), packages="clang libstdc++-12-dev"), id="clang", marks=pytest.mark.nightly
    ),
    pytest.param(
        Build(
            ("aarch64-linux-gnu-g++", "-O2", "-static"),
            ("qemu-aarch64-static",),
            "g++-aarch64-linux-gnu qemu-user-static",
        ),
        id="another instruction set",
        marks=pytest.mark.nightly,
    ),
]


@pytest.mark.parametrize("build", BUILDS)
def test_every_build_gives_the_events_of_the_reference(build: Build, tmp_path: Path) -> None:
    for program in (build.compiler[0], *build.runner):
        assert shutil.which(program), f"{program} is missing: apt-get install {build.packages}"
    replay = tmp_path / "replay"
    source = ENGINE / "tests" / "replay.cpp"
    options = ["-std=c++20", f"-I{ENGINE / 'include'}", "-o", str(replay)]
    subprocess.run([*build.compiler, *options, str(source)], check=True)
    for name, (symbols, make) in STREAMS.items():
        commands = make(7, MESSAGES)
        sent, event_file = tmp_path / "commands", tmp_path / "events"
        sent.write_bytes(commands.tobytes())
        subprocess.run(
            [*build.runner, str(replay), str(sent), str(event_file), str(symbols), "777"], check=True
        )
        expected = ReferenceBook(symbols).apply(commands)
        assert records_digest(np.fromfile(event_file, EVENT)) == records_digest(expected), name
