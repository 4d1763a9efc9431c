"""SSH signatures: one spelling, one namespace, one set of signers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from obrelease.bundle.signing.armor import (
    from_armor,
    from_base64,
    to_armor,
    to_base64,
)
from obrelease.bundle.signing.ssh import (
    SUMS_NAMESPACE,
    AllowedSigners,
    Signer,
    check,
    sign,
    verify,
    verify_or_check,
)
from obrelease.errors import IntegrityError, UsageError
from obrelease.release.verify.signatures import describe_signer
from tests.faults.signed_release import PRINCIPAL, make_key, public, ssh_sign

DATA = b"0123  file\n"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_key(tmp_path_factory.mktemp("keys") / "key")


@pytest.fixture(scope="module")
def trust(key: Path) -> AllowedSigners:
    path = key.parent / "allowed"
    path.write_text(f"{PRINCIPAL} {public(key)}\n")
    return AllowedSigners(path)


@pytest.mark.parametrize("kind", [("-t", "ed25519"), ("-t", "ecdsa"), ("-t", "rsa", "-b", "3072")])
def test_armor_is_that_of_ssh_keygen(tmp_path: Path, kind: tuple[str, ...]) -> None:
    written = ssh_sign(make_key(tmp_path / "key", *kind), SUMS_NAMESPACE, DATA)
    blob = from_armor(written, "x")
    assert to_armor(blob) == written
    assert from_base64(to_base64(blob), "x") == blob
    assert check(blob, SUMS_NAMESPACE, DATA, "x").fingerprint.startswith("SHA256:")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data + b"\n",
        lambda data: b"\n" + data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"SSH SIGNATURE", b"PGP SIGNATURE"),
        lambda data: data.replace(b"\nU1N", b"\nAAA"),
        lambda data: data[:40],
        lambda data: b"",
        lambda data: b"\xff" + data,
        lambda data: data + data,
    ],
)
def test_other_armor_is_refused(key: Path, damage: object) -> None:
    assert callable(damage)
    with pytest.raises(IntegrityError, match="is not an SSH signature"):
        from_armor(damage(ssh_sign(key, SUMS_NAMESPACE, DATA)), "x")


@pytest.mark.parametrize("text", ["", "U1NIU0lH!", "AAAA", "U1NIU0lH AAAA", "U1NIU0lHAB==", "é"])
def test_other_base64_is_refused(text: str) -> None:
    with pytest.raises(IntegrityError):
        from_base64(text, "x")


def test_the_signer_is_named(key: Path, trust: AllowedSigners) -> None:
    blob = sign(key, SUMS_NAMESPACE, DATA)
    signer = verify(blob, SUMS_NAMESPACE, DATA, trust, "x")
    assert signer.principal == PRINCIPAL
    assert verify_or_check(blob, SUMS_NAMESPACE, DATA, trust, "x") == signer
    assert verify_or_check(blob, SUMS_NAMESPACE, DATA, None, "x") == Signer(signer.fingerprint)


def test_ed25519_signatures_are_deterministic(key: Path) -> None:
    assert sign(key, SUMS_NAMESPACE, DATA) == sign(key, SUMS_NAMESPACE, DATA)


@pytest.mark.parametrize(("namespace", "data"), [("git", DATA), (SUMS_NAMESPACE, DATA + b"x"), ("", DATA)])
def test_other_bytes_and_namespaces_are_not_valid(
    key: Path, trust: AllowedSigners, namespace: str, data: bytes
) -> None:
    blob = sign(key, SUMS_NAMESPACE, DATA)
    for whose in (trust, None):
        with pytest.raises(IntegrityError, match="x: is not valid"):
            verify_or_check(blob, namespace, data, whose, "x")


def test_only_the_given_principals_are_accepted(key: Path, trust: AllowedSigners) -> None:
    blob = sign(key, SUMS_NAMESPACE, DATA)
    with pytest.raises(IntegrityError, match="not among the allowed signers"):
        verify(blob, SUMS_NAMESPACE, DATA, AllowedSigners(trust.file, frozenset({"other"})), "x")


@pytest.mark.parametrize("options", ['namespaces="git"', 'valid-before="20200101"', "cert-authority"])
def test_the_options_of_an_allowed_signer_are_enforced(key: Path, tmp_path: Path, options: str) -> None:
    allowed = tmp_path / "allowed"
    allowed.write_text(f"{PRINCIPAL} {options} {public(key)}\n")
    with pytest.raises(IntegrityError):
        verify(sign(key, SUMS_NAMESPACE, DATA), SUMS_NAMESPACE, DATA, AllowedSigners(allowed), "x")


def test_a_key_that_cannot_sign_is_reported(key: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no key\n")
    for path in (tmp_path / "absent", tmp_path / "text", tmp_path):
        with pytest.raises(UsageError, match="cannot sign"):
            sign(path, SUMS_NAMESPACE, DATA)


def test_without_ssh_keygen_the_hint_says_what_to_install(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="ssh-keygen: cannot be run") as caught:
        sign(key, SUMS_NAMESPACE, DATA)
    assert "install OpenSSH" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("principals", "principal", "listed"),
    [
        ("*", "*", "pattern"),
        ("user?@example.com", "user?@example.com", "pattern"),
        ("*@example.com,!bad@example.com", "*@example.com", "pattern"),
        ("*,maintainer@localhost", "maintainer@localhost", "name"),
        ("maintainer@localhost,other@localhost", "maintainer@localhost", "name"),
        ('"maintainer@localhost"', "maintainer@localhost", "name"),
    ],
)
def test_a_pattern_is_not_a_signer(
    tmp_path: Path, key: Path, principals: str, principal: str, listed: str
) -> None:
    other = public(make_key(tmp_path / "other"))
    path = tmp_path / "allowed"
    path.write_text(f"# comment\n{principal} {other}\n{principals} {public(key)}\n")
    signature = sign(key, SUMS_NAMESPACE, DATA)
    signer = verify(signature, SUMS_NAMESPACE, DATA, AllowedSigners(path), "x")
    assert (signer.principal, signer.listed, signer.line) == (principal, listed, 3)
    described = describe_signer(signer)
    assert signer.fingerprint in described
    assert "line 3" in described
    assert ("pattern" in described) == (listed == "pattern")


def test_a_name_of_the_policy_is_not_matched_by_a_pattern(tmp_path: Path, key: Path) -> None:
    path = tmp_path / "allowed"
    path.write_text(f"* {public(key)}\n")
    signature = sign(key, SUMS_NAMESPACE, DATA)
    with pytest.raises(IntegrityError, match="not among the allowed signers"):
        verify(signature, SUMS_NAMESPACE, DATA, AllowedSigners(path, frozenset({PRINCIPAL})), "x")


def test_a_certificate_is_described_as_one(tmp_path: Path) -> None:
    authority, signing = make_key(tmp_path / "authority"), make_key(tmp_path / "signing")
    certify = ["ssh-keygen", "-q", "-s", authority, "-I", "id", "-n", "alice", f"{signing}.pub"]
    subprocess.run(certify, check=True)
    path = tmp_path / "allowed"
    path.write_text(f"* cert-authority {public(authority)}\n")
    signature = sign(tmp_path / "signing-cert.pub", SUMS_NAMESPACE, DATA)
    signer = verify(signature, SUMS_NAMESPACE, DATA, AllowedSigners(path), "x")
    assert (signer.principal, signer.listed) == ("alice", "certificate")
    assert "a certificate for 'alice' of a listed authority" in describe_signer(signer)
