"""Kill -9 around every act of publishing, then run again: one whole release, or none and a draft."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from obrelease.cli.app import execute
from obrelease.remote.forge.directory import DirectoryForge
from tests.unit.release.project import git, make_project

TAG = "v0.9-beta"
BOUNDARIES = 58
"""Before and after: 21 journal writes, the tag, its push, the draft, 5 uploads, the flip."""

PROGRAM = """
import os, signal, sys
from obrelease.cli.app import execute
from obrelease.release.publish.journal import Journal
from obrelease.remote.forge.directory import DirectoryForge
from obrelease.remote.git.repository import GitRepository

left = int(sys.argv[1])

def boundary():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def guarded(act):
    def run(*args, **options):
        boundary()
        result = act(*args, **options)
        boundary()
        return result
    return run

for place, names in (
    (Journal, ("save",)),
    (GitRepository, ("create_tag", "push_tag")),
    (DirectoryForge, ("create_draft", "upload", "publish")),
):
    for name in names:
        setattr(place, name, guarded(getattr(place, name)))
code = execute(["publish", "v0.9-beta", "--remote", "origin"])
print(left)
sys.exit(code)
"""


def publish_killed_at(root: Path, boundary: int, home: Path) -> subprocess.CompletedProcess[str]:
    here = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(here), *sys.path])
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(boundary)],
        cwd=root,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "boundary",
    [n if n % 6 == 1 else pytest.param(n, marks=pytest.mark.nightly) for n in range(1, BOUNDARIES + 1)],
)
def test_killed_and_run_again(
    tmp_path: Path, boundary: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = make_project(tmp_path)
    done = publish_killed_at(project.root, boundary, tmp_path)
    assert done.returncode == -signal.SIGKILL, done.stderr
    half = DirectoryForge(project.releases).find(TAG)
    if half is not None and not half.draft:
        assert len(half.assets) == 5
        assert all(asset.complete for asset in half.assets)
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("HOME", str(tmp_path))
    for arguments in (["publish", TAG, "--remote", "origin"], ["verify", TAG]):
        assert execute(arguments) == 0, capsys.readouterr().err
    assert project.remote_tag(TAG) == project.head()
    assert git(project.root, "status", "--porcelain", "--untracked-files=no") == ""


def test_the_boundaries_are_all_counted(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    done = publish_killed_at(project.root, BOUNDARIES + 1, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "1"
