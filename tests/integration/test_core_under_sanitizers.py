"""The C++ core under sanitizers: clean as it is, and each of them finds the fault that is put in for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from obengine.api.messages import EVENT, Commands
from obengine.reference.book import ReferenceBook
from tests.differential.plain_streams import STREAMS
from tests.integration.test_core_from_cpp import ENGINE, TOOLS

MESSAGES = 3_000
# Two threads in one engine may never come to an end by themselves.
STOP_AT_ONCE = {**TOOLS, "TSAN_OPTIONS": "halt_on_error=1"}
FAULTS = {
    "address,undefined": {"buffer": "heap-buffer-overflow", "overflow": "signed integer overflow"},
    "thread": {"threads": "data race"},
}
"""Of each sanitizer: the fault that the program makes on demand, and what is to be said of it."""


def build(build_dir: Path, sanitizer: str, target: str) -> Path:
    """Build one test program under a sanitizer; the program.

    Assertions stay, but debug symbols are left out: they take a quarter of the compiler's time.
    """
    options = [f"-DOBENGINE_SANITIZE={sanitizer}", "-DOBENGINE_TESTS=ON"]
    configure = [
        "cmake",
        "-S",
        str(ENGINE),
        "-B",
        str(build_dir),
        "-DCMAKE_BUILD_TYPE=None",
        "-DCMAKE_CXX_FLAGS=-O1",
        *options,
    ]
    subprocess.run(configure, check=True, env=TOOLS, stdout=subprocess.DEVNULL)
    command = ["cmake", "--build", str(build_dir), "--target", target]
    subprocess.run(command, check=True, env=TOOLS, stdout=subprocess.DEVNULL)
    return build_dir / target


@pytest.fixture(scope="module", params=["address,undefined", "thread"])
def sanitized(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A sanitizer, and the program of the features under it: compiled once for all its tests."""
    sanitizer: str = request.param
    return sanitizer, build(tmp_path_factory.mktemp("sanitized"), sanitizer, "obengine_features_test")


def test_every_kind_of_order_is_clean(sanitized: tuple[str, Path]) -> None:
    sanitizer, program = sanitized
    only = ("threads",) if sanitizer == "thread" else ()
    ran = subprocess.run([program, *only], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    "sanitizer",
    [
        pytest.param("address,undefined", id="memory", marks=pytest.mark.nightly),
        pytest.param("thread", id="threads"),
    ],
)
def test_the_pipeline_is_clean(tmp_path: Path, sanitizer: str) -> None:
    program = build(tmp_path / "pipeline", sanitizer, "obengine_pipeline_test")
    ran = subprocess.run([program], capture_output=True, text=True, env=STOP_AT_ONCE)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_each_sanitizer_finds_the_faults_made_for_it(sanitized: tuple[str, Path]) -> None:
    sanitizer, program = sanitized
    for fault, words in FAULTS[sanitizer].items():
        ran = subprocess.run([program, "fault", fault], capture_output=True, text=True, env=STOP_AT_ONCE)
        assert ran.returncode != 0, fault
        assert words in ran.stderr, fault


@pytest.mark.nightly
def test_streams_under_sanitizers_give_the_events_of_the_reference(tmp_path: Path) -> None:
    program = build(tmp_path / "replay", "address,undefined", "obengine_replay")
    for name, (symbols, make) in STREAMS.items():
        commands: Commands = make(3, MESSAGES)
        sent, events_file = tmp_path / f"{name}.commands", tmp_path / f"{name}.events"
        sent.write_bytes(commands.tobytes())
        subprocess.run([program, sent, events_file, str(symbols), "777"], check=True)
        expected = ReferenceBook(symbols).apply(commands)
        assert np.fromfile(events_file, EVENT).tobytes() == expected.tobytes(), name
