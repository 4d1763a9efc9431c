"""The script that compares distributions with the tag, on distributions that are made up."""

from __future__ import annotations

import io
import runpy
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.program import ROOT

SCRIPT: Final[dict[str, Any]] = runpy.run_path(str(ROOT / "scripts" / "check_distributions.py"))
TAG: Final = "v1.2-rc1"
VERSION: Final = "1.2rc1"


def metadata(name: str, version: str) -> bytes:
    return f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n".encode()


def wheel(
    folder: Path, name: str = "obrelease", version: str = VERSION, *, inside: bytes | None = None
) -> None:
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(
            f"{name}-{version}.dist-info/METADATA", metadata(name, version) if inside is None else inside
        )


def sdist(
    folder: Path, name: str = "obrelease", version: str = VERSION, *, inside: bytes | None = None
) -> None:
    data = metadata(name, version) if inside is None else inside
    with tarfile.open(folder / f"{name}-{version}.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo(f"{name}-{version}/PKG-INFO")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))


def complaints(folder: Path, tag: str = TAG) -> list[str]:
    return list(SCRIPT["folder_complaints"](tag, folder))


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    return folder


def test_a_source_distribution_and_its_wheels_pass(dist: Path) -> None:
    sdist(dist)
    wheel(dist)
    assert complaints(dist) == []
    assert complaints(dist, "v1.2.0-RC1") == []


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda dist: wheel(dist, version="1.2"),
            "1.2-py3-none-any.whl: the version is 1.2, the tag is v1.2-rc1",
        ),
        (
            lambda dist: wheel(dist, name="other"),
            "other-1.2rc1-py3-none-any.whl: the name is other, not obrelease",
        ),
        (
            lambda dist: wheel(dist, inside=metadata("obrelease", "9.9")),
            "the version is 1.2rc1 or 9.9, the tag is v1.2-rc1",
        ),
        (lambda dist: wheel(dist, inside=metadata("other", VERSION)), "the name is obrelease or other"),
        (lambda dist: (dist / "notes.txt").write_text("x"), "notes.txt: is no distribution"),
        (lambda dist: sdist(dist, version="1.2"), "dist: has 2 source distributions, not one"),
    ],
)
def test_what_does_not_fit_is_named(dist: Path, spoil: Callable[[Path], object], message: str) -> None:
    sdist(dist)
    spoil(dist)
    assert any(message in line for line in complaints(dist)), complaints(dist)


def test_wheels_alone_are_not_enough(dist: Path) -> None:
    wheel(dist)
    assert complaints(dist) == ["dist: has 0 source distributions, not one"]


def make_sources(root: Path, *, name: str = "obrelease", version: str = "1.2rc1", heading: str = TAG) -> None:
    (root / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "{version}"\n')
    (root / "CHANGELOG.md").write_text(f"# Changelog\n\n## {heading}\n\n* text\n")


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ({}, None),
        ({"name": "other"}, "pyproject.toml: the name is other, not obrelease"),
        ({"version": "1.2"}, "pyproject.toml: the version is 1.2, the tag is v1.2-rc1"),
        ({"heading": "v1.2-rc10"}, "CHANGELOG.md: has no heading `## v1.2-rc1`"),
    ],
)
def test_the_sources_are_compared_before_the_tag(
    tmp_path: Path, sources: dict[str, str], message: str | None
) -> None:
    make_sources(tmp_path, **sources)
    assert list(SCRIPT["project_complaints"](TAG, tmp_path)) == ([] if message is None else [message])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "check_distributions.py TAG"),
        (("not-a-version",), 1, "error: the tag 'not-a-version' is no version"),
        (("v9.9",), 1, "error: pyproject.toml: the version is"),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int, message: str) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "check_distributions.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
