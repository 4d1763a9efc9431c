"""The C++ core under sanitizers: clean as it is, and each of them finds the fault that is put in for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from obengine.messages import EVENT, Commands
from obengine.reference import ReferenceBook
from tests.differential.profiles import STREAMS
from tests.integration.test_core_from_cpp import ENGINE, TOOLS

MESSAGES = 3_000


def build(build_dir: Path, sanitizer: str, target: str, seeded_bug: int = 0) -> Path:
    """Build one test program under a sanitizer; the program."""
    options = [
        f"-DOBENGINE_SANITIZE={sanitizer}",
        f"-DOBENGINE_SEEDED_BUG={seeded_bug}",
        "-DOBENGINE_TESTS=ON",
    ]
    configure = [
        "cmake",
        "-S",
        str(ENGINE),
        "-B",
        str(build_dir),
        "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
        *options,
    ]
    subprocess.run(configure, check=True, env=TOOLS, stdout=subprocess.DEVNULL)
    command = ["cmake", "--build", str(build_dir), "--target", target]
    subprocess.run(command, check=True, env=TOOLS, stdout=subprocess.DEVNULL)
    return build_dir / target


@pytest.mark.parametrize(
    ("sanitizer", "seeded_bug", "words"),
    [
        pytest.param("address,undefined", 1, "heap-buffer-overflow", id="address"),
        pytest.param("address,undefined", 2, "signed integer overflow", id="undefined"),
        pytest.param("thread", 3, "data race", id="thread"),
    ],
)
def test_a_sanitizer_finds_the_fault_made_for_it(
    tmp_path: Path, sanitizer: str, seeded_bug: int, words: str
) -> None:
    program = build(tmp_path / "seeded", sanitizer, "obengine_features_test", seeded_bug)
    ran = subprocess.run([program], capture_output=True, text=True)
    assert ran.returncode != 0
    assert words in ran.stderr


@pytest.mark.parametrize(
    ("sanitizer", "only"), [("address,undefined", ()), ("thread", ("threads",))], ids=["memory", "threads"]
)
def test_every_kind_of_order_is_clean(tmp_path: Path, sanitizer: str, only: tuple[str, ...]) -> None:
    program = build(tmp_path / "clean", sanitizer, "obengine_features_test")
    ran = subprocess.run([program, *only], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"], ids=["memory", "threads"])
def test_the_pipeline_is_clean(tmp_path: Path, sanitizer: str) -> None:
    program = build(tmp_path / "pipeline", sanitizer, "obengine_pipeline_test")
    ran = subprocess.run([program], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_streams_under_sanitizers_give_the_events_of_the_reference(tmp_path: Path) -> None:
    program = build(tmp_path / "replay", "address,undefined", "obengine_replay")
    for name, (symbols, make) in STREAMS.items():
        commands: Commands = make(3, MESSAGES)
        sent, told = tmp_path / f"{name}.commands", tmp_path / f"{name}.events"
        sent.write_bytes(commands.tobytes())
        subprocess.run([program, sent, told, str(symbols), "777"], check=True)
        expected = ReferenceBook(symbols).apply(commands)
        assert np.fromfile(told, EVENT).tobytes() == expected.tobytes(), name
