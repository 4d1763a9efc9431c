"""The bundle is the same wherever it is built, and needs the same memory however large it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.property.prng import Prng
from tests.unit.release.project import make_project

ROOT = Path(__file__).resolve().parents[2]
ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "Antarctica/Troll")
LOCALES = ("C", "C.UTF-8", "tr_TR.UTF-8", "de_DE.UTF-8", "POSIX")
BUILD = """
import os, sys
umask, order, place = int(sys.argv[1], 8), int(sys.argv[2]), sys.argv[3]
listdir, scandir = os.listdir, os.scandir

class Shuffled:
    def __init__(self, entries):
        self.entries = iter(entries)
    def __enter__(self):
        return self
    def __exit__(self, *_):
        pass
    def __iter__(self):
        return self
    def __next__(self):
        return next(self.entries)

def shuffled(entries):
    return sorted(entries, key=lambda e: hash((order, e if isinstance(e, str) else e.name)))

os.listdir = lambda *a: shuffled(listdir(*a))
os.scandir = lambda *a: Shuffled(shuffled(scandir(*a)))
from obrelease.cli.app import execute
os.umask(umask)
sys.exit(execute(["bundle", "v0.9-beta", "--json", "-q", "--output", place]))
"""
LARGE = """
import hashlib, sys
from pathlib import Path
from obrelease.bundle.reader import read_bundle
from obrelease.bundle.writer import BundleSource, write_bundle

folder, size = Path(sys.argv[1]), int(sys.argv[2])
block, digest = hashlib.shake_256(b"block").digest(2**20), hashlib.sha256()
with (folder / "large").open("wb") as file:
    for _ in range(size // 2**20):
        file.write(block)
        digest.update(block)
source = BundleSource("large", folder / "large", size, digest.hexdigest())
written = write_bundle(folder / "b.tar.gz", "demo-v1", [source], lambda _: None)
assert read_bundle(folder / "b.tar.gz").written == written
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024)
"""


def given_to_anybody(results: Path, prng: Prng) -> None:
    """Other modes and times for the recorded files, and other owners if this process may set them."""
    for path in results.rglob("*"):
        if path.is_file():
            path.chmod((0o600, 0o644, 0o444, 0o755)[prng.below(4)])
            moment_s = prng.below(2**31)
            os.utime(path, (moment_s, moment_s))
            if os.getuid() == 0:
                os.chown(path, prng.below(60_000), prng.below(60_000))


@pytest.mark.parametrize("builds", [4, pytest.param(200, marks=pytest.mark.nightly)])
def test_one_digest_in_every_environment(tmp_path: Path, builds: int) -> None:
    """Bar: 1 digest in 200 builds over hash seed, time zone, locale, umask, order of listing and user."""
    project, prng, seen = make_project(tmp_path), Prng(builds), set()
    for number in range(builds):
        place = tmp_path / "out" / str(number)
        place.mkdir(parents=True)
        (place / "home").mkdir()
        given_to_anybody(project.results, prng)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(place / "home"),
            "TMPDIR": str(place),
            "USER": f"user{number}",
            "PYTHONHASHSEED": str(prng.below(2**32)),
            "TZ": ZONES[prng.below(len(ZONES))],
            "LC_ALL": LOCALES[prng.below(len(LOCALES))],
            "COLUMNS": str(20 + prng.below(200)),
        }
        umask = ("022", "077", "002", "000")[prng.below(4)]
        done = subprocess.run(
            [sys.executable, "-c", BUILD, umask, str(number), str(place / "bundle")],
            cwd=project.root, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        seen.add((report["bundle_sha256"], report["tar_sha256"], report["manifest_sha256"]))
    assert len(seen) == 1


@pytest.mark.parametrize(
    "size_mib", [64, pytest.param(2048, marks=pytest.mark.nightly)], ids=lambda size: f"{size} MiB"
)
def test_memory_is_bounded_however_large_the_bundle_is(tmp_path: Path, size_mib: int) -> None:
    """Bar: writing and reading a bundle of 2 GiB under 200 MiB."""
    done = subprocess.run(
        [sys.executable, "-c", LARGE, str(tmp_path), str(size_mib * 2**20)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in ("large", "b.tar.gz"):
        (tmp_path / name).unlink()
    assert int(done.stdout) < 200
