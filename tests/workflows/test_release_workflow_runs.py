"""The release workflow's own steps, from tag to verified release, against a GitHub on this machine."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import yaml

from obrelease.analysis.comparison.gate_policy import read_gate_policy
from obrelease.errors import ExitCode
from obrelease.models.artefact import Artefact, own_series
from obrelease.registry.filter import Filter
from obrelease.registry.store import Registry
from tests.drafts import measured
from tests.loopback_github.running import REPOSITORY
from tests.loopback_github.server import TOKEN, LoopbackGitHub
from tests.sigstore_authority import Authority, as_json, statement
from tests.workflows.runner import DOWNLOADED, GH_DOWNLOAD, Event, Runner, StepFailed, run_blocks
from tests.workflows.scratch import ROOT, TAG, Scratch, copy_of, make_scratch, wheel_of

WHEEL_DIGESTS: Final = "needs.wheels.outputs.linux-x86_64"
RELEASE: Final = ROOT / ".github" / "workflows" / "release.yml"


@dataclass(frozen=True, slots=True)
class Substitute:
    """What runs in place of a block, and why the block itself cannot."""

    block: str
    runs: str
    why: str


_CHECK: Final = 'python scripts/check_distributions.py "$GITHUB_REF_NAME" dist'
_LOCKED: Final = "python -m pip install --quiet --require-hashes --requirement"
_PURE_WHEEL: Final = (
    "OBENGINE_NO_NATIVE=1 python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist ."
)
_SDIST: Final = (
    "mkdir dist && python -c \"from scikit_build_core.build import build_sdist; build_sdist('dist')\""
)
_ATTESTED: Final = (
    'python -c "import hashlib, json, os, pathlib, sys; '
    "said = json.loads(pathlib.Path(os.environ['TEST_ATTESTED']).read_text()); "
    "file = pathlib.Path(os.environ['RUNNER_TEMP'], 'bundle', 'SHA256SUMS'); "
    "sys.exit(said['SHA256SUMS'] != hashlib.sha256(file.read_bytes()).hexdigest())\""
)
SUBSTITUTES: Final = (
    Substitute(".ci/run", "test -x scripts/run_ci_checks.sh", "the suite is what runs this test"),
    Substitute(
        f"{_LOCKED} locks/build.txt --requirement locks/wheels.txt",
        "python -c 'import scikit_build_core'",
        "no index is reached; the lock is checked in test_locks",
    ),
    Substitute(
        f"{_LOCKED} locks/wheels.txt",
        "python -c 'import scikit_build_core'",
        "no index is reached; the lock is checked in test_locks",
    ),
    Substitute(
        f"{_LOCKED} locks/publish.txt",
        "python -c 'import packaging'",
        "no index is reached; the lock is checked in test_locks",
    ),
    Substitute(
        f"{_CHECK}\npython -m twine check --strict dist/*",
        _CHECK,
        "the upload tool is no part of the environment of the tests",
    ),
    Substitute(
        "python -m twine upload --non-interactive --disable-progress-bar dist/*",
        'test "$(ls dist | wc -l)" = 2',
        "the package index is out of reach: a source distribution and a wheel would be sent",
    ),
    Substitute(
        "python -m build --sdist --no-isolation --outdir dist",
        _SDIST,
        "the same backend, without its frontend",
    ),
    Substitute(
        'python -c "import sys, obengine.cores as cores; sys.exit(cores.native_unavailable_reason())"',
        "python -c 'import obengine.cores'",
        "the wheel of this test has no native core; test_packaging compiles",
    ),
    Substitute(
        "python -m cibuildwheel --output-dir dist", _PURE_WHEEL, "needs containers; test_packaging compiles"
    ),
    Substitute(
        'gh attestation verify "$RUNNER_TEMP/bundle/SHA256SUMS" --repo "$GITHUB_REPOSITORY"',
        _ATTESTED,
        "the signing service is out of reach; the file must be one that was given to it",
    ),
    Substitute(
        GH_DOWNLOAD,
        DOWNLOADED,
        "the signing service is out of reach; an authority of the test signs, and the policy names its root",
    ),
)


def runner(scratch: Scratch, github: LoopbackGitHub, folder: Path) -> Runner:
    github.repository.git = scratch.remote
    event = Event(scratch.remote, TAG, REPOSITORY, github.api, TOKEN)
    return Runner.of(RELEASE, event, folder, {entry.block: entry.runs for entry in SUBSTITUTES})


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    return make_scratch(tmp_path_factory.mktemp("scratch"))


@pytest.fixture
def scratch(base: Scratch, tmp_path: Path) -> Scratch:
    return copy_of(base, tmp_path / "scratch")


@pytest.fixture(scope="module")
def wheel(base: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel_of(base, tmp_path_factory.mktemp("wheel"))


def rebuild(workflow: Runner, wheel: Path) -> None:
    """The job that rebuilds, as if the jobs before it had made this wheel."""
    kept = workflow.folder / "artifacts" / "dist-linux-x86_64"
    kept.mkdir()
    shutil.copy(wheel, kept)
    workflow.outputs[WHEEL_DIGESTS] = hashlib.sha256(wheel.read_bytes()).hexdigest()
    workflow.run_job("rebuild")


def test_every_substitute_stands_for_a_block_and_the_rest_runs_as_it_is() -> None:
    blocks = [block for _, block in run_blocks(yaml.safe_load(RELEASE.read_text("utf-8")))]
    for entry in SUBSTITUTES:
        assert entry.block in blocks
        assert entry.why
    assert not [block for block in blocks if "obrelease" in block and block in {e.block for e in SUBSTITUTES}]


def test_the_rows_of_the_matrix_differ_in_the_machine_alone() -> None:
    rows = yaml.safe_load(RELEASE.read_text("utf-8"))["jobs"]["wheels"]["strategy"]["matrix"]["include"]
    assert rows[0]["name"] == "linux-x86_64"
    assert {frozenset(row) for row in rows} == {frozenset({"name", "runner"})}


def test_nothing_public_happens_before_the_bundle_is_rebuilt_and_attested() -> None:
    jobs = yaml.safe_load(RELEASE.read_text("utf-8"))["jobs"]
    assert (jobs["publish"]["needs"], jobs["attest"]["needs"]) == (["wheels", "attest"], "rebuild")


def test_from_the_tag_to_the_verified_release(
    scratch: Scratch, github: LoopbackGitHub, tmp_path: Path
) -> None:
    key = scratch.demand_signatures()
    scratch.commit("signatures are demanded")
    tag = ("tag", TAG, "--sign", str(key), "--remote", "origin")
    made = json.loads(scratch.obrelease(*tag, "--json", "--quiet"))
    workflow = runner(scratch, github, tmp_path / "runner")
    for name in workflow.order():
        before = len(github.seen)
        workflow.run_job(name)
        written = {seen.method for seen in github.seen[before:]} - {"GET"}
        assert written == ({"POST", "PATCH"} if name == "publish" else set()), name
    assert workflow.finished[-3:] == ["publish", "verify", "package-index"]

    (release,) = github.repository.releases.values()
    assert (release.tag, release.draft, release.prerelease, release.latest) == (TAG, False, True, "false")
    assets = {asset.name: asset.content for asset in release.assets}
    assert set(assets) == {asset["name"] for asset in made["plan"]["assets"]}
    assert {"SHA256SUMS.sig", "provenance.dsse.json"} <= set(assets)
    assert assets.keys() <= workflow.attested.keys()
    kept = tmp_path / "runner" / "artifacts" / "bundle"
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == assets
    assert {name.rsplit(".", 1)[1] for name in workflow.attested.keys() - assets.keys()} == {"whl", "gz"}
    assert list((tmp_path / "runner" / "artifacts" / "measured").rglob("artefact.json"))

    forged = Authority().attest(statement(workflow.attested))
    (tmp_path / "runner" / "attestation.jsonl").write_bytes(as_json(forged))
    shutil.rmtree(tmp_path / "runner" / "verify")
    with pytest.raises(StepFailed, match="certificate chain") as failed:
        workflow.run_job("verify")
    assert (failed.value.step, failed.value.code) == (
        "Verify the attestation with obrelease, which needs no network for it",
        ExitCode.INTEGRITY,
    )


def test_a_tag_that_binds_no_digest_publishes_nothing(
    scratch: Scratch, github: LoopbackGitHub, wheel: Path, tmp_path: Path
) -> None:
    scratch.git("tag", "--annotate", "--message=made by hand", TAG)
    scratch.git("push", "--quiet", "origin", f"refs/tags/{TAG}")
    with pytest.raises(StepFailed) as failed:
        rebuild(runner(scratch, github, tmp_path / "runner"), wheel)
    assert (failed.value.job, failed.value.step) == (
        "rebuild",
        "Check the bundle against the digests of the tag",
    )
    assert failed.value.code in {ExitCode.CHECK_FAILED, ExitCode.INTEGRITY}
    assert github.seen == []


def test_a_tag_without_the_signatures_that_the_policy_demands_publishes_nothing(
    scratch: Scratch, github: LoopbackGitHub, wheel: Path, tmp_path: Path
) -> None:
    scratch.demand_signatures()
    scratch.commit("signatures are demanded")
    scratch.obrelease("tag", TAG, "--remote", "origin")
    with pytest.raises(StepFailed, match="signature") as failed:
        rebuild(runner(scratch, github, tmp_path / "runner"), wheel)
    assert failed.value.step == "Check the bundle against the digests of the tag"
    assert github.seen == []


def test_a_wheel_that_another_job_replaced_is_not_installed(
    scratch: Scratch, github: LoopbackGitHub, wheel: Path, tmp_path: Path
) -> None:
    scratch.obrelease("tag", TAG, "--remote", "origin")
    workflow = runner(scratch, github, tmp_path / "runner")
    kept = workflow.folder / "artifacts" / "dist-linux-x86_64"
    kept.mkdir()
    shutil.copy(wheel, kept)
    workflow.outputs[WHEEL_DIGESTS] = "0" * 64
    with pytest.raises(StepFailed, match=r"DO NOT MATCH|[Nn]o matching distribution") as failed:
        workflow.run_job("publish")
    assert failed.value.step == "Install the wheel"
    assert github.seen == []


def measure(scratch: Scratch, *, slower: float, since: int) -> None:
    """Six runs like the one that the clone has, of another speed."""
    registry = Registry(scratch.clone / "results")
    before = registry.load(registry.find(Filter(kind="bench"))[0])
    assert before.outcome is not None
    proofs = tuple(check for check in before.outcome.checks if check.name != "stability")
    for number in range(6):
        walls = tuple(int(1_000_000 * slower * (1 + 0.0001 * number) * part) for part in (0.999, 1, 1.001))
        changed = {
            "created_ns": str(since + number),
            "parameters": {**before.parameters, "passes": len(walls)},
            "outcome": before.outcome.model_copy(update={"checks": proofs}),
            "metrics": (own_series("pass-wall", "ns", walls),),
            "histograms": (),
            "files": (),
        }
        registry.record(measured(Artefact(**{**dict(before), **changed})), ())


def after_a_release(scratch: Scratch, *, slower: float) -> None:
    """A first release of six runs, on the remote as a tag; then a second one of six more."""
    policy = scratch.clone / ".github" / "gate-policy.toml"
    policy.write_text(policy.read_text("utf-8").partition('[[metric]]\nname = "service')[0], "utf-8")
    measure(scratch, slower=1.0, since=1_700_000_000_000_000_000)
    (only,) = (e for e in Registry(scratch.clone / "results").find() if e.created_ns > 1.71e18)
    shutil.rmtree(only.folder)
    scratch.commit("runs of the first")
    scratch.obrelease("tag", "v0.8", "--remote", "origin")
    measure(scratch, slower=slower, since=1_700_000_000_000_000_100)
    scratch.commit("runs of the second")
    scratch.obrelease("tag", TAG, "--remote", "origin")


GATE: Final = "Compare with the previous release"


def test_a_release_that_is_slower_publishes_nothing(
    scratch: Scratch, github: LoopbackGitHub, wheel: Path, tmp_path: Path
) -> None:
    after_a_release(scratch, slower=1.2)
    with pytest.raises(StepFailed, match=r"throughput: worse, ratio 0\.833") as failed:
        rebuild(runner(scratch, github, tmp_path / "runner"), wheel)
    assert (failed.value.step, failed.value.code) == (GATE, ExitCode.CHECK_FAILED)
    assert {seen.method for seen in github.seen} <= {"GET"}


def test_the_gate_goes_before_whatever_could_publish() -> None:
    jobs = yaml.safe_load(RELEASE.read_text("utf-8"))["jobs"]
    assert GATE in [step.get("name") for step in jobs["rebuild"]["steps"]]
    assert read_gate_policy(ROOT / ".github" / "gate-policy.toml").metric


@pytest.mark.parametrize(
    ("answer", "code", "said"), [(0, 0, False), (1, 1, False), (2, 2, False), (3, 0, True)]
)
def test_an_inconclusive_gate_is_reported_and_stops_nothing(
    answer: int, code: int, said: bool, tmp_path: Path
) -> None:
    steps = yaml.safe_load(RELEASE.read_text("utf-8"))["jobs"]["rebuild"]["steps"]
    (block,) = (step["run"] for step in steps if step.get("name") == GATE)
    program = tmp_path / "obrelease"
    program.write_text(f"#!/bin/sh\nexit {answer}\n")
    program.chmod(0o755)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", block],
        env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "GITHUB_REF_NAME": TAG},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "::warning" in done.stdout) == (code, said)


def test_runs_that_differ_from_the_tagged_ones_publish_nothing(
    scratch: Scratch, github: LoopbackGitHub, wheel: Path, tmp_path: Path
) -> None:
    """A run that slips into the commit after the digests were computed changes the bundle."""
    scratch.obrelease("tag", TAG)
    message = scratch.git("for-each-ref", "--format=%(contents)", f"refs/tags/{TAG}")
    (folder,) = (scratch.clone / "results" / "bench" / "baseline").iterdir()
    (folder / "summary.csv").write_text("made,up\n")
    scratch.commit("better numbers")
    scratch.git("tag", "--force", "--annotate", f"--message={message}", TAG)
    scratch.git("push", "--quiet", "--force", "origin", f"refs/tags/{TAG}")
    with pytest.raises(StepFailed) as failed:
        rebuild(runner(scratch, github, tmp_path / "runner"), wheel)
    assert failed.value.job == "rebuild"
    assert failed.value.code == ExitCode.INTEGRITY
    assert github.seen == []
