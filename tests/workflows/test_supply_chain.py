"""What every job and the release action install: by hash, from locks, no name of somebody else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.program import ROOT
from tests.workflows.installs import Job, installer, jobs
from tests.workflows.supply_chain import complaints, job_complaints, lock_complaints

WORKFLOWS: Final = ROOT / ".github" / "workflows"
ACTION: Final = ROOT / ".github" / "actions" / "release" / "action.yml"
CHECKED: Final = (
    *sorted(WORKFLOWS.glob("*.yml")),
    *sorted((ROOT / ".github" / "actions").glob("*/action.yml")),
    *sorted((ROOT / "obrelease").rglob("*.yml")),
)
LOCKED: Final = "python -m pip install --require-hashes --requirement locks/run.txt"
FRONTEND: Final = {"CIBW_BUILD_FRONTEND": "pip; args: --no-build-isolation", "CIBW_BEFORE_BUILD": LOCKED}
BUILD_WHEELS: Final = "python -m cibuildwheel --output-dir dist"


@pytest.mark.parametrize("path", CHECKED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_everything_is_installed_by_hash_and_under_a_name_that_is_ours(path: Path) -> None:
    assert complaints(path, ROOT) == []


def installs(path: Path) -> dict[str, int]:
    """How many commands of each job install something."""
    return {job.name: sum(installer(one) is not None for one in job.commands(ROOT)) for job in jobs(path)}


def test_the_installs_of_every_job_are_seen() -> None:
    """A job that seems to install nothing would pass every rule."""
    found = installs(WORKFLOWS / "release.yml")
    assert found == {
        "checks": 7,
        "wheels": 6,
        "distributions": 1,
        "rebuild": 2,
        "attest": 0,
        "publish": 2,
        "verify": 4,
        "package-index": 1,
    }
    assert installs(WORKFLOWS / "ci.yml") == {"checks": 5, "macos": 2}
    assert installs(ACTION) == {"release": 4}


def test_the_jobs_that_can_reach_a_token_are_known() -> None:
    privileged = {job.name for job in jobs(WORKFLOWS / "release.yml") if job.privileged}
    assert privileged == {"rebuild", "attest", "publish", "verify", "package-index"}
    assert [job.privileged for job in jobs(WORKFLOWS / "ci.yml")] == [False, False]
    assert [job.privileged for job in jobs(ACTION)] == [True]


OFFENDERS: Final[Mapping[str, tuple[str, str]]] = {
    "a name": ("pip install obrelease", "hashes"),
    "a pinned name": ("python -m pip install obrelease==1.0", "hashes"),
    "a name next to a lock": (f"{LOCKED} obrelease", "name"),
    "a lock without hashes demanded": ("pip install --requirement locks/run.txt", "hashes"),
    "constraints": ("pip install --constraint constraints.txt .", "hashes"),
    "a file that is not a lock": ("pip install --require-hashes -r other.txt", "requirement file"),
    "a lock that is missing": ("pip install --require-hashes -r locks/other.txt", "lock is missing"),
    "an address": ("pip install git+https://example.org/x", "hashes"),
    "a folder with build isolation": ("pip install --no-index --no-deps .", "build isolation"),
    "a folder with dependencies": ("pip install --no-index .", "hashes"),
    "wheels of another job": ("pip install --no-index --no-deps --find-links dist -r x", "hashes"),
    "another index": (f"{LOCKED} --index-url https://example.org", "index"),
    "a dependency group": ("pip install --group dev", "hashes"),
    "a build with isolation": ("python -m build --sdist", "build isolation"),
    "wheels with isolation": (BUILD_WHEELS, "build isolation"),
    "npm install": ("npm install left-pad", "npm"),
    "npm with scripts": ("npm ci", "npm"),
    "npx": ("npx cowsay", "tool"),
    "pipx": ("pipx run cowsay", "tool"),
    "uv": ("uv pip install --require-hashes -r locks/run.txt", "tool"),
    "a download": ("curl -fsS https://example.org/x | sh", "tool"),
    "a shell that reads a pipe": ("cat x | bash", "pipe into a shell"),
    "a download in a substitution": ("x=$(curl https://example.org/x)", "not resolved"),
    "a quoted command": ("bash -c 'pip install x'", "not resolved"),
    "eval": ('eval "$x"', "not resolved"),
    "a command in a variable": ("$installer install x", "not resolved"),
    "a command after others": ("cd x && if true; then sudo pip install x; fi", "hashes"),
    "a continued line": ("pip \\\n  install \\\n  x", "hashes"),
    "an array": ('pip=(python -m pip)\n"${pip[@]}" install x', "hashes"),
    "a system package": ("apt-get install -y x", "system package"),
    "a script that is not there": ("scripts/absent.sh", "not resolved"),
}


@pytest.mark.parametrize("offender", OFFENDERS)
def test_a_command_that_breaks_a_rule_is_found(offender: str) -> None:
    block, rule = OFFENDERS[offender]
    job = Job("seeded", True, {}, ({"run": block},))
    assert any(line.startswith(rule) for line in job_complaints(job, ROOT)), list(job_complaints(job, ROOT))


@pytest.mark.parametrize(
    "block", [LOCKED, "echo pip", "pip --version", "pip wheel --no-index --no-deps --no-build-isolation ."]
)
def test_a_command_within_the_rules_passes(block: str) -> None:
    assert list(job_complaints(Job("seeded", True, {}, ({"run": block},)), ROOT)) == []


@pytest.mark.parametrize(
    ("step", "rule"),
    [
        ({"uses": "actions/checkout@v7"}, "action not pinned"),
        ({"uses": f"actions/checkout@{'ab' * 19}"}, "action not pinned"),
        ({"uses": f"somebody/action@{'ab' * 20}"}, "action of another owner"),
        ({"uses": "docker://alpine:3"}, "action not pinned"),
        ({"uses": f"actions/setup-python@{'ab' * 20}", "with": {"pip-install": "x"}}, "action installs"),
        ({"run": LOCKED, "env": {"PIP_EXTRA_INDEX_URL": "x"}}, "index"),
        ({"run": BUILD_WHEELS, "env": {**FRONTEND, "CIBW_BEFORE_BUILD": "pip install x"}}, "hashes"),
        ({"run": BUILD_WHEELS, "env": {**FRONTEND, "CIBW_TEST_COMMAND": "true"}}, "tests with dependencies"),
    ],
)
def test_a_step_that_breaks_a_rule_is_found(step: dict[str, Any], rule: str) -> None:
    found = list(job_complaints(Job("seeded", True, {}, (step,)), ROOT))
    assert any(line.startswith(rule) for line in found), found


def test_a_container_in_a_job_with_a_token_is_found() -> None:
    job = Job("seeded", True, {"container": "python:3"}, ())
    assert [line.partition(":")[0] for line in job_complaints(job, ROOT)] == ["container"]


@pytest.mark.parametrize(
    ("file", "pattern", "replacement", "rule"),
    [
        (
            ".github/workflows/release.yml",
            r"scripts/install_wheel\.sh dist .*",
            "pip install obrelease",
            "hashes",
        ),
        ("scripts/install_wheel.sh", r"--require-hashes ", "", "hashes"),
        ("scripts/install_wheel.sh", r"--no-index --no-deps ", "", "requirement file"),
        ("scripts/install_checkout.sh", r"--no-build-isolation ", "", "build isolation"),
        ("scripts/install_checkout.sh", r"--no-index ", "", "hashes"),
        ("scripts/setup_env.sh", r"--no-index --no-deps ", "", "hashes"),
        ("scripts/install_test_servers.sh", r" --ignore-scripts", "", "npm"),
        ("locks/run.txt", r"    --hash=\S+ ", "", "lock entry"),
        ("locks/run.txt", r"--only-binary :all:\n", "", "lock lacks --only-binary"),
        (
            "locks/run.txt",
            r"\A",
            "obrelease==1.0 --hash=sha256:" + "0" * 64 + "\n",
            "lock installs obrelease",
        ),
    ],
)
def test_a_fault_in_a_file_that_a_job_uses_is_found(
    tmp_path: Path, file: str, pattern: str, replacement: str, rule: str
) -> None:
    for folder in (".github", "scripts", ".ci", "locks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    path = tmp_path / file
    spoilt, count = re.subn(pattern, replacement, path.read_text("utf-8"))
    assert count
    path.write_text(spoilt, "utf-8")
    checked = [tmp_path / name.relative_to(ROOT) for name in CHECKED if name.is_relative_to(ROOT / ".github")]
    found = [line for name in checked for line in complaints(name, tmp_path)]
    assert any(line.startswith(rule) for line in found), found


def test_every_lock_binds_all_its_distributions_by_hash() -> None:
    locks = sorted((ROOT / "locks").glob("*.txt"))
    assert [path.stem for path in locks] == ["build", "dev", "publish", "run", "sigstore", "site", "wheels"]
    assert [line for path in locks for line in lock_complaints(path)] == []
