"""The C++ core without Python: its own test, and a program that finds the installed headers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ENGINE = Path(__file__).resolve().parents[2] / "engine"
# The build tools of the development environment, which need not be on the caller's path.
TOOLS = {
    **os.environ,
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    "CMAKE_GENERATOR": "Ninja",
}
CONSUMER_CMAKE = """\
cmake_minimum_required(VERSION 3.21)
project(consumer LANGUAGES CXX)
find_package(obengine 0.9 CONFIG REQUIRED)
add_executable(consumer main.cpp)
target_link_libraries(consumer PRIVATE obengine::obengine)
"""
CONSUMER_MAIN = """\
#include <cstdio>
#include <obengine/core/engine.hpp>

int main() {
    obengine::Engine engine;
    obengine::CountingSink sink;
    obengine::Command order{};
    order.qty_lots = 5;
    engine.apply(order, sink);
    std::printf("%zu open\\n", engine.open_orders());
}
"""


def build(source: Path, build_dir: Path, *options: str) -> None:
    subprocess.run(["cmake", "-S", str(source), "-B", str(build_dir), *options], check=True, env=TOOLS)
    subprocess.run(["cmake", "--build", str(build_dir)], check=True, env=TOOLS)


def test_the_core_passes_its_own_test_and_serves_an_installed_program(tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    # Other tests compile the core with -O3; here it would only take twice the compiler's time.
    options = ("-DOBENGINE_TESTS=ON", "-DCMAKE_CXX_FLAGS_RELEASE=-O1", f"-DCMAKE_INSTALL_PREFIX={prefix}")
    build(ENGINE, tmp_path / "engine", *options)
    subprocess.run(["ctest", "--output-on-failure"], cwd=tmp_path / "engine", check=True, env=TOOLS)
    subprocess.run(["cmake", "--install", str(tmp_path / "engine")], check=True, env=TOOLS)

    program = tmp_path / "program"
    program.mkdir()
    (program / "CMakeLists.txt").write_text(CONSUMER_CMAKE)
    (program / "main.cpp").write_text(CONSUMER_MAIN)
    build(program, tmp_path / "built", f"-DCMAKE_PREFIX_PATH={prefix}")
    ran = subprocess.run([tmp_path / "built" / "consumer"], check=True, capture_output=True, text=True)
    assert ran.stdout == "1 open\n"
