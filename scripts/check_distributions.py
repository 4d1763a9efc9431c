#!/usr/bin/env python3
"""Checks that the distributions of a release have the project's name and the version of its tag.

Before a tag is made, without a folder: the version of `pyproject.toml`, and the heading of the changelog.
With a folder: its source distribution and all its wheels, and nothing else.

    scripts/check_distributions.py TAG [FOLDER]
"""

from __future__ import annotations

import re
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path
from typing import Final

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

ROOT: Final = Path(__file__).resolve().parents[1]
NAME: Final = "obrelease"


def tagged_version(tag: str) -> Version:
    """The version that a tag names.

    Raises:
        ValueError: it names none.
    """
    try:
        return Version(tag.removeprefix("v"))
    except InvalidVersion as error:
        raise ValueError(f"the tag {tag!r} is no version") from error


def project_complaints(tag: str, root: Path = ROOT) -> Iterator[str]:
    """What in the sources does not fit the tag."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    if project["name"] != NAME:
        yield f"pyproject.toml: the name is {project['name']}, not {NAME}"
    if Version(project["version"]) != tagged_version(tag):
        yield f"pyproject.toml: the version is {project['version']}, the tag is {tag}"
    if not re.search(rf"^## {re.escape(tag)}$", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE):
        yield f"CHANGELOG.md: has no heading `## {tag}`"


def folder_complaints(tag: str, folder: Path) -> Iterator[str]:
    """What in a folder of distributions does not fit the tag."""
    sources = 0
    for path in sorted(folder.iterdir()):
        try:
            if path.name.endswith(".whl"):
                named, version = parse_wheel_filename(path.name)[:2]
            else:
                named, version = parse_sdist_filename(path.name)
                sources += 1
        except (InvalidWheelFilename, InvalidSdistFilename):
            yield f"{path.name}: is no distribution"
            continue
        inside = Parser().parsestr(metadata(path))
        names, versions = {named, inside["Name"]}, {version, Version(inside["Version"] or "0")}
        if names != {NAME}:
            yield f"{path.name}: the name is {' or '.join(sorted(names))}, not {NAME}"
        if versions != {tagged_version(tag)}:
            yield f"{path.name}: the version is {' or '.join(sorted(map(str, versions)))}, the tag is {tag}"
    if sources != 1:
        yield f"{folder.name}: has {sources} source distributions, not one"


def metadata(path: Path) -> str:
    """The metadata of a wheel or of a source distribution; empty if it has none."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            found = [name for name in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
            return wheel.read(found[0]).decode("utf-8") if len(found) == 1 else ""
    with tarfile.open(path) as source:
        members = [member for member in source if re.fullmatch(r"[^/]+/PKG-INFO", member.name)]
        file = source.extractfile(members[0]) if len(members) == 1 else None
        return file.read().decode("utf-8") if file else ""


def main(arguments: list[str]) -> int:
    """Print what does not fit; the exit code."""
    if len(arguments) not in {1, 2}:
        print(__doc__, file=sys.stderr)
        return 2
    tag, folders = arguments[0], arguments[1:]
    try:
        complaints = [
            *project_complaints(tag),
            *(line for each in folders for line in folder_complaints(tag, Path(each))),
        ]
    except ValueError as error:
        complaints = [str(error)]
    for line in complaints:
        print(f"error: {line}", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
