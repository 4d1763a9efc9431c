"""SSH signatures: one spelling, one namespace, one set of signers."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.bundle.signing.armor import armored, blob_of, blob_of_text, text_of
from obrelease.bundle.signing.ssh import SUMS_NAMESPACE, Signer, Trust, check, judge, sign, verify
from obrelease.errors import IntegrityError, UsageError
from tests.faults.signed_release import PRINCIPAL, make_key, public, ssh_sign

DATA = b"0123  file\n"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_key(tmp_path_factory.mktemp("keys") / "key")


@pytest.fixture(scope="module")
def trust(key: Path) -> Trust:
    path = key.parent / "allowed"
    path.write_text(f"{PRINCIPAL} {public(key)}\n")
    return Trust(path)


@pytest.mark.parametrize("kind", [("-t", "ed25519"), ("-t", "ecdsa"), ("-t", "rsa", "-b", "3072")])
def test_armour_is_that_of_ssh_keygen(tmp_path: Path, kind: tuple[str, ...]) -> None:
    written = ssh_sign(make_key(tmp_path / "key", *kind), SUMS_NAMESPACE, DATA)
    blob = blob_of(written, "x")
    assert armored(blob) == written
    assert blob_of_text(text_of(blob), "x") == blob
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
def test_other_spellings_are_refused(key: Path, damage: object) -> None:
    assert callable(damage)
    with pytest.raises(IntegrityError, match="is not an SSH signature"):
        blob_of(damage(ssh_sign(key, SUMS_NAMESPACE, DATA)), "x")


@pytest.mark.parametrize("text", ["", "U1NIU0lH!", "AAAA", "U1NIU0lH AAAA", "U1NIU0lHAB==", "é"])
def test_other_base64_is_refused(text: str) -> None:
    with pytest.raises(IntegrityError):
        blob_of_text(text, "x")


def test_the_signer_is_named(key: Path, trust: Trust) -> None:
    blob = sign(key, SUMS_NAMESPACE, DATA)
    signer = verify(blob, SUMS_NAMESPACE, DATA, trust, "x")
    assert signer.principal == PRINCIPAL
    assert judge(blob, SUMS_NAMESPACE, DATA, trust, "x") == signer
    assert judge(blob, SUMS_NAMESPACE, DATA, None, "x") == Signer(signer.fingerprint)


def test_ed25519_signs_alike_each_time(key: Path) -> None:
    assert sign(key, SUMS_NAMESPACE, DATA) == sign(key, SUMS_NAMESPACE, DATA)


@pytest.mark.parametrize(("namespace", "data"), [("git", DATA), (SUMS_NAMESPACE, DATA + b"x"), ("", DATA)])
def test_other_bytes_and_namespaces_do_not_hold(key: Path, trust: Trust, namespace: str, data: bytes) -> None:
    blob = sign(key, SUMS_NAMESPACE, DATA)
    for whose in (trust, None):
        with pytest.raises(IntegrityError, match="x: does not hold"):
            judge(blob, namespace, data, whose, "x")


def test_only_the_named_principals_count(key: Path, trust: Trust) -> None:
    blob = sign(key, SUMS_NAMESPACE, DATA)
    with pytest.raises(IntegrityError, match="not among the allowed signers"):
        verify(blob, SUMS_NAMESPACE, DATA, Trust(trust.allowed_signers, frozenset({"other"})), "x")


@pytest.mark.parametrize("options", ['namespaces="git"', 'valid-before="20200101"', "cert-authority"])
def test_the_options_of_an_allowed_signer_bind(key: Path, tmp_path: Path, options: str) -> None:
    allowed = tmp_path / "allowed"
    allowed.write_text(f"{PRINCIPAL} {options} {public(key)}\n")
    with pytest.raises(IntegrityError):
        verify(sign(key, SUMS_NAMESPACE, DATA), SUMS_NAMESPACE, DATA, Trust(allowed), "x")


def test_a_key_that_cannot_sign_is_told(key: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no key\n")
    for path in (tmp_path / "absent", tmp_path / "text", tmp_path):
        with pytest.raises(UsageError, match="cannot sign"):
            sign(path, SUMS_NAMESPACE, DATA)


def test_without_ssh_keygen_it_is_said_what_to_install(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="there is no ssh-keygen"):
        sign(key, SUMS_NAMESPACE, DATA)
