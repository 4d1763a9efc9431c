#!/usr/bin/env python3
"""Writes `locks/*.txt`: every distribution that CI and releases install, with the hashes of all its files.

Names come from `pyproject.toml`, versions from `constraints.txt`, hashes from the package index that `uv` is
set up with. No address of the index is written. Run it after a change of either file; it needs `uv`.

    scripts/lock_requirements.py           write the locks
    scripts/lock_requirements.py --check   write nothing; exit 1 if a lock differs
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from packaging.markers import Marker

ROOT: Final = Path(__file__).resolve().parents[1]
HEADER: Final = """\
# Written by scripts/lock_requirements.py.
--require-hashes
--only-binary :all:
"""
BUILD_TOOLS: Final = ("cmake", "ninja")
"""What the build backend asks for if the machine has none of its own."""

_PIN: Final = re.compile(r"([a-z0-9-]+(?:\[[a-z0-9,-]+\])?)==([^ ;]+)(?: ; (.+?))?")
_HASH: Final = re.compile(r"--hash=(sha256:[0-9a-f]{64})")

Lock = Mapping[str, tuple[str, tuple[str, ...]]]
"""Name, with its extras (older versions of pip compare them), to its requirement (`name==version`, perhaps with a marker) and its hashes."""


def environments() -> tuple[dict[str, str], ...]:
    """The marker variables of every supported Python and platform."""
    machines = (("linux", "Linux", "x86_64"), ("linux", "Linux", "aarch64"), ("darwin", "Darwin", "arm64"))
    return tuple(
        {
            "python_version": version,
            "python_full_version": f"{version}.0",
            "implementation_name": "cpython",
            "implementation_version": f"{version}.0",
            "platform_python_implementation": "CPython",
            "os_name": "posix",
            "sys_platform": platform,
            "platform_system": system,
            "platform_machine": machine,
            "platform_release": "",
            "platform_version": "",
            "extra": "",
        }
        for version in ("3.11", "3.12", "3.13")
        for platform, system, machine in machines
    )


def root_requirements(project: Mapping[str, Any]) -> dict[str, list[str]]:
    """What each lock starts from, by the name of the lock."""
    return {
        "run": list(project["project"]["dependencies"]),
        "sigstore": list(project["project"]["optional-dependencies"]["sigstore"]),
        "site": list(project["project"]["optional-dependencies"]["site"]),
        "build": [*project["build-system"]["requires"], *BUILD_TOOLS],
        "dev": list(project["dependency-groups"]["dev"]),
        "publish": list(project["dependency-groups"]["publish"]),
        "wheels": list(project["dependency-groups"]["wheels"]),
    }


def needed_marker(marker: str | None) -> str | None:
    """The marker if it decides anything on the supported environments; empty if it always holds, None if never."""
    if marker is None:
        return ""
    holds = {Marker(marker).evaluate(environment) for environment in environments()}
    return marker if len(holds) == 2 else ("" if holds == {True} else None)


def resolve(requirements: Iterable[str]) -> Lock:
    """Ask the index, through `uv`, for everything that the requirements need."""
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--no-header"]
    command += [
        "--no-config",
        "--generate-hashes",
        "--no-annotate",
        "--no-strip-extras",
        "--only-binary",
        ":all:",
    ]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "requirements.in"
        source.write_text("\n".join(requirements) + "\n", "utf-8")
        done = subprocess.run(
            [*command, "--constraint", str(ROOT / "constraints.txt"), str(source)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    return parse(done.stdout)


def parse(text: str) -> Lock:
    """Read a requirements file with hashes; what no supported environment needs is left out.

    Raises:
        ValueError: an entry is not `name==version` with hashes.
    """
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for entry in text.replace("\\\n", " ").splitlines():
        if not entry.strip() or entry.startswith("#"):
            continue
        pin = _PIN.fullmatch(entry.partition(" --hash=")[0].strip())
        hashes = tuple(sorted(_HASH.findall(entry)))
        if pin is None or not hashes:
            raise ValueError(f"not a pinned requirement with hashes: {entry[:80]}")
        name, version, marker = pin.groups()
        needed = needed_marker(marker)
        if needed is not None:
            found[name] = (f"{name}=={version}" + (f" ; {needed}" if needed else ""), hashes)
    return found


def render(lock: Lock) -> str:
    """The text of a lock file."""
    entries = (
        " \\\n".join([pin, *(f"    --hash={digest}" for digest in hashes)]) for pin, hashes in lock.values()
    )
    return HEADER + "".join(f"{entry}\n" for entry in entries)


def all_locks() -> dict[str, str]:
    """The text of every lock.

    `sigstore` and `site` are installed with `run`, and `dev` with all but `wheels`; each holds only what those lack.
    """
    roots = root_requirements(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8")))
    locks = {name: dict(resolve(requirements)) for name, requirements in roots.items()}
    for name, present in (("sigstore", ("run",)), ("site", ("run",)), ("dev", ("run", "sigstore", "build"))):
        for other in present:
            locks[name] = {key: entry for key, entry in locks[name].items() if key not in locks[other]}
    return {name: render(lock) for name, lock in locks.items()}


def main(arguments: list[str]) -> int:
    """Write or check the locks; the exit code."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    if shutil.which("uv") is None:
        print("error: uv is not installed; pip install uv", file=sys.stderr)
        return 2
    code = 0
    for name, text in all_locks().items():
        path = ROOT / "locks" / f"{name}.txt"
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        print(f"{path.relative_to(ROOT)}: {'differs' if arguments else 'written'}")
        if arguments:
            code = 1
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
