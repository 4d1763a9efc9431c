"""The core of a source tree is built by the tree's own settings: here a project that compiles nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from obrelease.errors import StorageError
from obrelease.measurement.native_core import build_native

PROJECT = """\
[build-system]
requires = ["scikit-build-core"]
build-backend = "scikit_build_core.build"
[project]
name = "made-up"
version = "1"
[tool.scikit-build]
wheel.packages = ["engine/obengine"]
cmake.source-dir = "engine"
[[tool.scikit-build.overrides]]
if.failed = true
wheel.cmake = false
"""
BUILDS = """\
cmake_minimum_required(VERSION 3.21)
project(made_up LANGUAGES NONE)
file(WRITE ${CMAKE_BINARY_DIR}/_native.made-up.so "built")
install(FILES ${CMAKE_BINARY_DIR}/_native.made-up.so DESTINATION obengine)
"""
FAILS = """\
cmake_minimum_required(VERSION 3.21)
project(made_up LANGUAGES NONE)
message(FATAL_ERROR "the library of the made-up core is not installed")
"""

LASTS = """\
cmake_minimum_required(VERSION 3.21)
project(made_up LANGUAGES NONE)
execute_process(COMMAND sh -c "echo $$ > PLACE.new && mv PLACE.new PLACE && exec sleep 300")
"""
INTERRUPTIBLE = """\
import signal, sys
from pathlib import Path
from obrelease.measurement.native_core import build_native
signal.signal(signal.SIGINT, signal.default_int_handler)
build_native(Path(sys.argv[1]))
"""


def tree(folder: Path, cmake: str) -> Path:
    package = folder / "engine" / "obengine"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "_native.pyi").write_text("")
    (folder / "engine" / "CMakeLists.txt").write_text(cmake)
    (folder / "pyproject.toml").write_text(PROJECT)
    return folder


def test_only_the_module_is_added_to_the_tree(tmp_path: Path) -> None:
    source = tree(tmp_path / "tree", BUILDS)
    before = {path.relative_to(source) for path in source.rglob("*")}
    assert build_native(source) is None
    built = {path.relative_to(source) for path in source.rglob("*")} - before
    assert built == {Path("engine/obengine/_native.made-up.so")}
    assert (source / "engine" / "obengine" / "_native.made-up.so").read_text() == "built"


@pytest.mark.parametrize("settings", [PROJECT, PROJECT.partition("[[")[0]])
def test_the_cause_of_a_failed_build_is_reported(settings: str, tmp_path: Path) -> None:
    """Also where the build goes on without the core, as this project's own does."""
    source = tree(tmp_path / "tree", FAILS)
    (source / "pyproject.toml").write_text(settings)
    reason = build_native(source)
    assert reason is not None
    assert "the library of the made-up core is not installed" in reason
    assert not list((source / "engine" / "obengine").glob("*.so"))


def test_an_interrupted_build_leaves_neither_files_nor_compilers(tmp_path: Path) -> None:
    place, temporary = tmp_path / "pid", tmp_path / "temporary"
    temporary.mkdir()
    source = tree(tmp_path / "tree", LASTS.replace("PLACE", str(place)))
    command = [sys.executable, "-c", INTERRUPTIBLE, str(source)]
    with subprocess.Popen(
        command, env={**os.environ, "TMPDIR": str(temporary)}, stderr=subprocess.DEVNULL
    ) as building:
        wait_for(lambda: place.exists() or building.poll() is not None)
        building.send_signal(signal.SIGINT)
    wait_for(lambda: not runs(place.read_text().strip()))
    assert list(temporary.iterdir()) == []


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("it did not come to pass")


def runs(pid: str) -> bool:
    asked = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, check=False)
    return asked.stdout.strip()[:1] not in {"", "Z"}


def test_a_temporary_folder_that_cannot_be_made_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tree(tmp_path / "tree", BUILDS)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(StorageError, match="nowhere") as refused:
        build_native(source)
    assert refused.value.hint
