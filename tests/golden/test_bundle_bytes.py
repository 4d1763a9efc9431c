"""The bytes of a bundle: fixed in time, and equal in every surrounding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.bundle.archives import write

CONTENTS = {
    "NOTES.md": b"# Notes\n",
    "results/bench/x/a.csv": b"1,2\n" * 5000,
    "results/bench/x/b": bytes(range(256)),
}
TAR_SHA256 = "6af514bf9c64ee10163e573f9108f0349d5d7b04f3f39ce110f16b6b82f70000"
GZIP_SHA256 = "7557e0a64859d8870cc747eec41787b22b631a1dc565e4148d4b2bb97152deff"
"""The digests of the tar and of the file: they do not depend on any library, so they never change."""

SURROUNDINGS = [
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "1"},
    {"PYTHONHASHSEED": "4294967295", "TZ": "America/St_Johns", "LANG": "tr_TR.UTF-8", "PYTHONUTF8": "1"},
]
PROGRAM = """
import json, os, sys
from dataclasses import asdict
from pathlib import Path
os.umask(int(sys.argv[3], 8))
from tests.golden.test_bundle_bytes import CONTENTS
from tests.unit.bundle.archives import write
order = sorted(CONTENTS, reverse=sys.argv[2] == "reversed")
path, written = write(Path(sys.argv[1]), {name: CONTENTS[name] for name in order})
print(json.dumps(asdict(written)))
"""


def test_the_tar_bytes_are_unchanged(tmp_path: Path) -> None:
    _, written = write(tmp_path, CONTENTS)
    assert (written.tar_sha256, written.sha256) == (TAR_SHA256, GZIP_SHA256)


@pytest.mark.parametrize("surrounding", SURROUNDINGS, ids=lambda surrounding: surrounding["TZ"])
@pytest.mark.parametrize(("order", "umask"), [("sorted", "022"), ("reversed", "077")])
def test_a_fresh_process_anywhere_writes_the_same_bytes(
    tmp_path: Path, surrounding: dict[str, str], order: str, umask: str
) -> None:
    root = Path(__file__).resolve().parents[2]
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    path, written = write(here, CONTENTS)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(there), order, umask],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(root), *sys.path]),
            **surrounding,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    made = json.loads(done.stdout)
    assert made["sha256"] == written.sha256
    assert (there / path.name).read_bytes() == path.read_bytes()
