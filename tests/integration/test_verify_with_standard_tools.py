"""A third party checks a signed release with `ssh-keygen`, `sha256sum`, `git`, `jq` and `openssl` alone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.faults.signed_release import (
    PROVENANCE,
    SIGNATURE,
    SUMS,
    SignedRelease,
    copy_clone,
    copy_release,
    make_signed_release,
    retag,
)

FILES: Final = r"""
ssh-keygen -Y verify -f ../allowed_signers -I maintainer@localhost \
  -n sums.v1@obrelease -s SHA256SUMS.sig < SHA256SUMS
sha256sum --check --strict SHA256SUMS
scratch=$(mktemp -d)
cut -c67- SHA256SUMS > "$scratch/names"
ls -A | grep -vxF -e SHA256SUMS -e SHA256SUMS.sig -e provenance.dsse.json | cmp - "$scratch/names"
"""
TAG_COMMANDS: Final = r"""
git -c gpg.ssh.allowedSignersFile=../allowed_signers verify-tag v0.9-beta
git cat-file tag v0.9-beta | grep -F "manifest: sha256:$(sha256sum < manifest.json | cut -c1-64)"
"""
PROVENANCE_COMMANDS: Final = r"""
scratch=$(mktemp -d)
jq -j .payload provenance.dsse.json | base64 -d > "$scratch/statement"
{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < "$scratch/statement")"
  cat "$scratch/statement"; } > "$scratch/signed"
{ echo '-----BEGIN SSH SIGNATURE-----'; jq -r '.signatures[0].sig' provenance.dsse.json
  echo '-----END SSH SIGNATURE-----'; } > "$scratch/signed.sig"
ssh-keygen -Y verify -f ../allowed_signers -I maintainer@localhost \
  -n provenance.v1@obrelease -s "$scratch/signed.sig" < "$scratch/signed"
jq -r '.subject[] | "\(.digest.sha256)  \(.name)"' "$scratch/statement" | sha256sum --check --strict
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> SignedRelease:
    return make_signed_release(tmp_path_factory.mktemp("signed"))


@pytest.fixture
def folder(release: SignedRelease, tmp_path: Path) -> Path:
    """The release and nothing else, the list of signers beside it."""
    (tmp_path / "allowed_signers").write_bytes(release.allowed_signers.read_bytes())
    return copy_release(release, tmp_path / "files")


def holds(commands: str, folder: Path, **environment: str) -> bool:
    """Whether every command succeeds."""
    variables = {"PATH": os.environ["PATH"], "HOME": os.devnull, "LC_ALL": "C", **environment}
    done = subprocess.run(
        ["sh", "-e"], input=commands, text=True, cwd=folder, env=variables, capture_output=True, check=False
    )
    return done.returncode == 0


def test_the_files_hold(folder: Path) -> None:
    assert holds(FILES, folder)


def test_a_check_leaves_nothing_behind_and_can_be_repeated(folder: Path) -> None:
    before = sorted(path.name for path in folder.iterdir())
    for commands in (FILES, PROVENANCE_COMMANDS, FILES, PROVENANCE_COMMANDS):
        assert holds(commands, folder)
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize("name", [SUMS, SIGNATURE, "manifest.json"])
def test_a_changed_file_is_noticed(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes().replace(b"1", b"2").replace(b"A", b"B"))
    assert not holds(FILES, folder)


def test_an_added_file_is_noticed(folder: Path) -> None:
    (folder / "extra.txt").write_bytes(b"x")
    assert not holds(FILES, folder)


def test_the_tag_holds(release: SignedRelease, folder: Path) -> None:
    where = {"GIT_DIR": str(release.clone / ".git")}
    assert holds(TAG_COMMANDS, folder, **where)


def test_a_tag_of_somebody_else_is_noticed(release: SignedRelease, folder: Path, tmp_path: Path) -> None:
    clone = copy_clone(release, tmp_path / "clone")
    retag(clone, "v0.9-beta^{}")
    assert not holds(TAG_COMMANDS, folder, GIT_DIR=str(clone / ".git"))


def test_the_provenance_holds(folder: Path) -> None:
    assert holds(PROVENANCE_COMMANDS, folder)


@pytest.mark.parametrize(("old", "new"), [(b'"payload":"eyJ', b'"payload":"eyK'), (b"U1NIU0lH", b"U1NIU0lI")])
def test_a_changed_provenance_is_noticed(folder: Path, old: bytes, new: bytes) -> None:
    path = folder / PROVENANCE
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    assert not holds(PROVENANCE_COMMANDS, folder)
