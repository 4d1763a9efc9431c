"""Signing a release, and verifying a signed one, on a disk that fails at any change they make."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.disk_rig import ERRORS, Cells, built_library, refuse, running_cells
from tests.faults.signed_release import FILES, PRINCIPAL, SIGNED, make_key, policy_text, public
from tests.unit.release.project import git, make_project

ASSETS = 7
EACH = pytest.mark.parametrize("error", ERRORS)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_library(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def unsigned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project, a key beside it, and the policy that demands its signatures."""
    folder = tmp_path_factory.mktemp("unsigned")
    template = folder / "template"
    git(make_project(template).root, "remote", "set-url", "origin", "../remote.git")
    key = make_key(template / "key")
    allowed = template / "allowed_signers"
    allowed.write_text(f"{PRINCIPAL} {public(key)}\n")
    (template / "policy.toml").write_text(policy_text((*FILES, *SIGNED), allowed))
    return folder


@pytest.fixture(scope="module")
def signing(library: Path, unsigned: Path) -> Iterator[Cells]:
    with running_cells(library, unsigned, ("sign",), ASSETS) as cells:
        yield cells


@pytest.fixture(scope="module")
def verifying(library: Path, unsigned: Path, signing: Cells) -> Iterator[Cells]:
    """Begins where the first run of `signing`, which had no fault, came to."""
    assert signing.total("sign") > 0
    folder = unsigned.with_name("signed")
    shutil.copytree(unsigned / "scratch" / "warm", folder / "template", symlinks=True)
    with running_cells(library, folder, ("verify",), ASSETS) as cells:
        yield cells


@EACH
def test_signing_when_some_changes_fail(signing: Cells, error: str) -> None:
    """Bar: a named error and exit code, 0 bad."""
    total = signing.total("sign")
    first = 1 + ERRORS.index(error)
    assert refuse(signing, "sign", range(first, total + 1, max(1, total // 8)), [error]) >= 8


@EACH
def test_verifying_when_some_changes_fail(verifying: Cells, error: str) -> None:
    """Bar: a named error and exit code; verified once the disk is well."""
    total = verifying.total("verify")
    first = 1 + ERRORS.index(error)
    assert refuse(verifying, "verify", range(first, total + 1, max(1, total // 8)), [error]) >= 8


@pytest.mark.nightly
@EACH
def test_signing_when_every_change_fails(signing: Cells, error: str) -> None:
    """Bar: every cell a named error and exit code, 0 bad."""
    total = signing.total("sign")
    assert refuse(signing, "sign", range(1, total + 1), [error]) == total


@pytest.mark.nightly
@EACH
def test_verifying_when_every_change_fails(verifying: Cells, error: str) -> None:
    """Bar: every cell a named error and exit code; verified once the disk is well."""
    total = verifying.total("verify")
    assert refuse(verifying, "verify", range(1, total + 1), [error]) == total


@pytest.mark.parametrize("error", ["ENOSPC", pytest.param("EROFS", marks=pytest.mark.nightly)])
def test_the_file_of_a_signature_cannot_be_written(verifying: Cells, error: str) -> None:
    """The last changes that a verification makes are those of its signatures: the hint names TMPDIR."""
    total, has_hint = verifying.total("verify"), []
    for index in range(total - 40, total + 1):
        answer = verifying.tried("verify", index, error)
        if "/signature: " in answer["said"]:
            assert answer["code"] == 9, answer
            has_hint.append("TMPDIR" in answer["said"])
    assert len(has_hint) >= 3
    assert all(has_hint)
