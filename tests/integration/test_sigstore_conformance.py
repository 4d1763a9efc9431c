"""The script for Sigstore's conformance set, on a small set of the tests' own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.program import ROOT, import_path
from tests.sigstore_authority import ISSUER, WORKFLOW, Authority, as_json

ARTIFACT = b"an artifact\n"


def write_case(folder: Path, *, signed: bytes, identity: str = WORKFLOW) -> None:
    """A case whose bundle signs `signed`."""
    authority = Authority()
    folder.mkdir(parents=True)
    bundle = authority.sign_file(signed, authority.signer(WORKFLOW))
    (folder / "bundle.sigstore.json").write_bytes(as_json(bundle))
    (folder / "trusted_root.json").write_bytes(authority.trusted_root())
    (folder / "artifact").write_bytes(ARTIFACT)
    (folder / "identity").write_text(identity)
    (folder / "issuer").write_text(f"{ISSUER}\n")


def check(folder: Path) -> tuple[int, list[str]]:
    """The exit code, and the table."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "check_sigstore_conformance.py", folder],
        env={**os.environ, "PYTHONPATH": import_path()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_good_bundles_must_be_accepted_and_bad_ones_refused(tmp_path: Path) -> None:
    assert check(tmp_path) == (1, ["no case was found"])
    write_case(tmp_path / "good", signed=ARTIFACT)
    write_case(tmp_path / "other-file_fail", signed=b"another artifact\n")
    write_case(tmp_path / "other-identity_fail", signed=ARTIFACT, identity=f"{WORKFLOW}x")
    write_case(tmp_path / "managed-key-happy-path", signed=b"another artifact\n")
    code, lines = check(tmp_path)
    assert (code, lines[-1]) == (0, "1 accepted, 1 named gap, 2 refused")
    write_case(tmp_path / "really-good_fail", signed=ARTIFACT)
    code, lines = check(tmp_path)
    assert (code, lines[-1].split(", ")[0]) == (1, "1 ACCEPTED")


def test_a_good_bundle_that_is_refused_is_an_error(tmp_path: Path) -> None:
    write_case(tmp_path / "good", signed=b"another artifact\n")
    code, lines = check(tmp_path)
    assert (code, lines[-1]) == (1, "1 REFUSED, must be accepted")
