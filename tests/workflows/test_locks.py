"""The locks hold exactly what is needed on every supported Python and platform, as constraints.txt pins it.

CI itself installs `run`, `build` and `dev` by hash. The nightly tests resolve each lock against the index.
"""

from __future__ import annotations

import hashlib
import json
import re
import runpy
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.program import ROOT

LOCKS: Final = ROOT / "locks"
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SCRIPT: Final = runpy.run_path(str(ROOT / "scripts" / "lock_requirements.py"))
ENVIRONMENTS: Final[tuple[dict[str, str], ...]] = SCRIPT["environments"]()
ENTRY: Final = re.compile(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==([^ ]+)(?: ; (.+?))? \\$", re.MULTILINE)


def locked(name: str) -> dict[str, tuple[str, str | None]]:
    """The version and the marker of each distribution in a lock."""
    entries = ENTRY.findall((LOCKS / f"{name}.txt").read_text("utf-8"))
    return {found: (version, marker or None) for found, version, marker in entries}


def holding(lock: Mapping[str, tuple[str, str | None]], environment: dict[str, str]) -> set[str]:
    """What pip installs of a lock in an environment."""
    entries = (Requirement(f"{name} ; {marker}" if marker else name) for name, (_, marker) in lock.items())
    return {one.name for one in entries if one.marker is None or one.marker.evaluate(environment)}


def closure(requirements: list[str], environment: dict[str, str]) -> set[str]:
    """Everything that the requirements need there, by the metadata of what is installed here."""
    needed: dict[str, set[str]] = {}
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        one = waiting.pop()
        name, extras = canonicalize_name(one.name), {"", *one.extras}
        if name in needed and extras <= needed[name]:
            continue
        needed.setdefault(name, set()).update(extras)
        for text in distribution(name).requires or ():
            found = Requirement(text)
            variables = [{**environment, "extra": extra} for extra in needed[name]]
            if found.marker is None or any(found.marker.evaluate(values) for values in variables):
                waiting.append(found)
    return set(needed)


def described(environment: dict[str, str]) -> str:
    return f"{environment['python_version']}-{environment['sys_platform']}-{environment['platform_machine']}"


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=described)
@pytest.mark.parametrize(
    "names",
    [("run",), ("run", "sigstore"), ("run", "site"), ("build",), ("run", "sigstore", "build", "dev")],
    ids="-".join,
)
def test_a_lock_holds_exactly_what_is_needed(names: tuple[str, ...], environment: dict[str, str]) -> None:
    roots = SCRIPT["root_requirements"](PROJECT)
    needed = closure([text for name in names for text in roots[name]], environment)
    assert set().union(*(holding(locked(name), environment) for name in names)) == needed


def test_locks_and_constraints_name_the_same_versions() -> None:
    in_locks = {
        f"{name}=={entry[0]}" for path in LOCKS.glob("*.txt") for name, entry in locked(path.stem).items()
    }
    lines = (ROOT / "constraints.txt").read_text("utf-8").split()
    pinned = {
        f"{canonicalize_name(name)}=={version}" for name, _, version in (one.partition("==") for one in lines)
    }
    assert in_locks == pinned


def test_the_locked_versions_satisfy_the_requirements() -> None:
    for name, requirements in SCRIPT["root_requirements"](PROJECT).items():
        found = {**locked("run"), **locked("sigstore"), **locked("build"), **locked(name)}
        for requirement in map(Requirement, requirements):
            version, _ = found[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), requirement


def test_no_lock_names_an_address() -> None:
    for path in LOCKS.glob("*.txt"):
        assert not re.search(r"://|--index-url|--find-links", path.read_text("utf-8"))


def test_a_missing_and_a_needless_entry_are_found() -> None:
    environment = ENVIRONMENTS[0]
    needed = closure(PROJECT["project"]["dependencies"], environment)
    lock = locked("run")
    assert holding(lock, environment) == needed
    assert holding({name: entry for name, entry in lock.items() if name != "pillow"}, environment) != needed
    assert holding({**lock, "needless": ("1.0", None)}, environment) != needed


def make_wheel(folder: Path, content: str) -> Path:
    """A wheel of a made-up distribution."""
    wheel = folder / "madeup-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("madeup.py", content)
        archive.writestr(
            "madeup-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: madeup\nVersion: 1.0\n"
        )
        archive.writestr(
            "madeup-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("madeup-1.0.dist-info/RECORD", "madeup.py,,\n")
    return wheel


@pytest.mark.parametrize("swapped", [False, True])
def test_pip_refuses_a_file_whose_digest_a_lock_does_not_have(tmp_path: Path, swapped: bool) -> None:
    digest = hashlib.sha256(make_wheel(tmp_path, "right = True\n").read_bytes()).hexdigest()
    lock = tmp_path / "lock.txt"
    entry = SCRIPT["parse"](f"madeup==1.0 \\\n    --hash=sha256:{digest}\n")
    lock.write_text(SCRIPT["render"](entry), "utf-8")
    if swapped:
        make_wheel(tmp_path, "wrong = True\n")
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--find-links", str(tmp_path), "--quiet"]
    command += ["--requirement", str(lock), "--target", str(tmp_path / "site"), "--no-cache-dir"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode != 0, (tmp_path / "site" / "madeup.py").exists()) == (swapped, not swapped), (
        done.stderr
    )


def report(name: str, tmp_path: Path) -> dict[str, Any]:
    """What pip would install of a lock in an empty environment, with the metadata of each distribution."""
    python = tmp_path / "environment" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "environment")], check=True)
    command = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--dry-run",
        "--require-hashes",
        "--report",
        "-",
    ]
    done = subprocess.run(
        [*command, "--requirement", str(LOCKS / f"{name}.txt")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["run", "build", "wheels"])
def test_pip_accepts_every_hash_and_needs_every_entry(name: str, tmp_path: Path) -> None:
    """From the index, in an empty environment: pip fails if a hash differs or a dependency is missing."""
    installed = {canonicalize_name(one["metadata"]["name"]): one for one in report(name, tmp_path)["install"]}
    environment = next(
        one for one in ENVIRONMENTS if one["python_version"] == f"{sys.version_info[0]}.{sys.version_info[1]}"
    )
    assert set(installed) == holding(locked(name), environment)
    wanted = {
        canonicalize_name(Requirement(text).name) for text in SCRIPT["root_requirements"](PROJECT)[name]
    }
    for one in installed.values():
        wanted |= {
            canonicalize_name(Requirement(text).name) for text in one["metadata"].get("requires_dist", ())
        }
    assert set(installed) <= wanted


@pytest.mark.nightly
def test_the_action_installs_the_program_into_an_empty_environment(tmp_path: Path) -> None:
    """The very script of the action: build tools and dependencies from the index, by hash."""
    command = [str(ROOT / "scripts" / "install_checkout.sh"), str(tmp_path / "environment")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ask = [str(tmp_path / "environment" / "bin" / "obrelease"), "--version"]
    said = subprocess.run(ask, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert said.split()[-1] == PROJECT["project"]["version"]
