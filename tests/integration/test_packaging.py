"""Wheel, source distribution, editable install, and an install where nothing can be compiled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK_FOR_CORES = (
    "import obengine, obengine.cores as cores, obrelease.errors; "
    "print(obengine.__file__); print(cores.core_names()); print(cores.native_unavailable_reason()); "
    "print(cores.make_book(cores.core_names()[0]).state_digest())"
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The tracked files alone, so that nothing built or ignored in the checkout can slip in."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    copy = tmp_path / "source"
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file() and not name.startswith("results/"):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    return copy


def build_wheel(source: Path, out: Path, **environment: str) -> Path:
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-cache-dir"]
    subprocess.run([*pip, "-w", str(out), str(source)], check=True, env={**os.environ, **environment})
    (wheel,) = out.glob("*.whl")
    return wheel


def build_sdist(source: Path, out: Path) -> Path:
    out.mkdir()
    hook = "import sys; from scikit_build_core.build import build_sdist; build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-c", hook, str(out)], cwd=source, check=True)
    (sdist,) = out.glob("*.tar.gz")
    return sdist


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def modules_of(source: Path) -> set[str]:
    """What both packages hold, as paths inside a wheel."""
    files = [*(source / "obrelease").rglob("*"), *(source / "engine" / "obengine").rglob("*")]
    return {path.relative_to(source).as_posix().removeprefix("engine/") for path in files if path.is_file()}


def answers(wheel: Path, site: Path) -> list[str]:
    """What an interpreter says of its cores that sees the unpacked wheel before anything else."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    ask = f"import sys; sys.path.insert(0, {str(site)!r}); {ASK_FOR_CORES}"
    ran = subprocess.run([sys.executable, "-I", "-c", ask], check=True, capture_output=True, text=True)
    lines = ran.stdout.splitlines()
    assert Path(lines[0]).is_relative_to(site)
    return lines[1:]


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"CC": "/bin/false", "CXX": "/bin/false"}, id="compiler that fails"),
        pytest.param({"OBENGINE_NO_NATIVE": "1"}, id="not wanted"),
    ],
)
def test_without_a_compiler_the_reference_core_is_left(
    source: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    wheel = build_wheel(source, tmp_path / "wheel", **environment)
    assert wheel.name.endswith("-py3-none-any.whl")
    assert modules_of(source) <= names_in(wheel)
    names, reason, digest = answers(wheel, tmp_path / "site")
    assert names == "('reference',)"
    assert "was not built" in reason
    assert len(digest) == 64


def test_the_source_distribution_holds_what_a_build_needs_and_no_binary(source: Path, tmp_path: Path) -> None:
    with tarfile.open(build_sdist(source, tmp_path / "sdist")) as archive:
        names = {PurePosixPath(*PurePosixPath(name).parts[1:]).as_posix() for name in archive.getnames()}
    needed = {"pyproject.toml", "LICENSE", "engine/CMakeLists.txt", "engine/bindings.cpp", "PKG-INFO"}
    headers = {path.relative_to(source).as_posix() for path in (source / "engine" / "include").rglob("*.hpp")}
    assert len(headers) > 5
    assert needed | headers <= names
    assert not [name for name in names if name.endswith((".so", ".pyd", ".o"))]


@pytest.mark.nightly
def test_a_wheel_of_the_source_distribution_holds_the_native_core(source: Path, tmp_path: Path) -> None:
    unpacked = tmp_path / "unpacked"
    with tarfile.open(build_sdist(source, tmp_path / "sdist")) as archive:
        archive.extractall(unpacked, filter="data")
    (tree,) = unpacked.iterdir()
    wheel = build_wheel(tree, tmp_path / "wheel")
    compiled = [
        name for name in names_in(wheel) if name.startswith("obengine/_native.") and ".pyi" not in name
    ]
    assert len(compiled) == 1
    assert modules_of(source) <= names_in(wheel)
    names, reason, _ = answers(wheel, tmp_path / "site")
    assert names == "('native', 'reference')"
    assert reason == "None"


@pytest.mark.nightly
def test_an_editable_install_sees_edits_and_the_native_core(source: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    libraries = os.pathsep.join(path for path in sys.path if path.endswith("site-packages"))
    environment = {**os.environ, "PYTHONPATH": libraries}
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--no-deps",
        "--no-build-isolation",
    ]
    subprocess.run([*pip, "--editable", str(source)], check=True, env=environment)
    with (source / "engine" / "obengine" / "cores.py").open("a") as cores:
        cores.write("\nEDITED = True\n")
    ask = [str(python), "-c", f"{ASK_FOR_CORES}; print(cores.EDITED)"]
    said = subprocess.run(
        ask, check=True, capture_output=True, text=True, cwd=tmp_path, env=environment
    ).stdout
    place, names, reason, _, edited = said.splitlines()
    assert Path(place).is_relative_to(source)
    assert (names, reason, edited) == ("('native', 'reference')", "None", "True")
