"""SSH signatures made and verified by `ssh-keygen`: this program never reads a private key.

A key may be in a file, in an agent or on a hardware token; `ssh-keygen` asks for what it needs.
Each use has its own namespace, so that a signature for one purpose is not valid for another.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.bundle.signing.armor import from_armor, to_armor
from obrelease.errors import IntegrityError, UsageError
from obrelease.models.finding import printable
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.temporary import temporary_folder

SUMS_NAMESPACE: Final = "sums.v1@obrelease"
PROVENANCE_NAMESPACE: Final = "provenance.v1@obrelease"
GIT_NAMESPACE: Final = "git"
"""The namespace in which git signs tags."""

_SIGN_TIMEOUT_S: Final = 300
_VERIFY_TIMEOUT_S: Final = 60
_FINGERPRINT: Final = re.compile(rb"key (SHA256:[A-Za-z0-9+/]{43})\s*\Z")


@dataclass(frozen=True, slots=True)
class Signer:
    """The fingerprint of the key that made a signature, and its principal if it is an allowed signer."""

    fingerprint: str
    principal: str | None = None


@dataclass(frozen=True, slots=True)
class AllowedSigners:
    """Whose signatures are accepted.

    Attributes:
        file: in the format of `ssh-keygen` (ALLOWED SIGNERS in its manual).
        principals: the accepted principals of the file; all if empty.
    """

    file: Path
    principals: frozenset[str] = frozenset()


def sign(key: Path, namespace: str, data: bytes) -> bytes:
    """The binary signature of `data`.

    Args:
        key: the file of a private key, or of a public key whose private key an agent holds.

    Raises:
        UsageError: the key cannot be used, or `ssh-keygen` is not installed.
    """
    done = _run(["-Y", "sign", "-q", "-n", namespace, "-f", str(key.absolute())], data, _SIGN_TIMEOUT_S)
    if done.returncode != 0:
        raise UsageError(
            f"{key}: cannot sign: {_output(done)}",
            hint="pass the file of an SSH key: a private one, or the public one of a key in your agent",
        )
    return from_armor(done.stdout, "the output of ssh-keygen")


def verify(blob: bytes, namespace: str, data: bytes, allowed: AllowedSigners, where: str) -> Signer:
    """The allowed signer that made this signature of these bytes in this namespace.

    Raises:
        IntegrityError: none of them did.
        StorageError: the temporary folder cannot be written.
    """
    with _in_file(blob) as file:
        listed = ["-f", str(allowed.file.absolute()), "-s", str(file)]
        found = _run(["-Y", "find-principals", *listed], b"", _VERIFY_TIMEOUT_S)
        names = found.stdout.decode("utf-8", "replace").splitlines() if found.returncode == 0 else []
        names = [name for name in names if name in allowed.principals or not allowed.principals]
        if not names:
            raise IntegrityError(
                f"{where}: the signing key is not among the allowed signers",
                hint="do not trust it, unless the allowed signers in the policy are out of date",
            )
        for name in names:
            done = _run(["-Y", "verify", "-I", name, "-n", namespace, *listed], data, _VERIFY_TIMEOUT_S)
            if done.returncode == 0:
                return Signer(_fingerprint(done, where), name)
    raise IntegrityError(f"{where}: is not valid: {_output(done)}", hint="do not use this release")


def check(blob: bytes, namespace: str, data: bytes, where: str) -> Signer:
    """The key that made this signature of these bytes, whoever owns it.

    Raises:
        IntegrityError: the signature is not valid for these bytes in this namespace.
        StorageError: the temporary folder cannot be written.
    """
    with _in_file(blob) as file:
        arguments = ["-Y", "check-novalidate", "-n", namespace, "-s", str(file)]
        done = _run(arguments, data, _VERIFY_TIMEOUT_S)
    if done.returncode != 0:
        raise IntegrityError(f"{where}: is not valid: {_output(done)}", hint="do not use this release")
    return Signer(_fingerprint(done, where))


def verify_or_check(
    blob: bytes, namespace: str, data: bytes, allowed: AllowedSigners | None, where: str
) -> Signer:
    """`verify` if allowed signers are given, else `check`."""
    if allowed is None:
        return check(blob, namespace, data, where)
    return verify(blob, namespace, data, allowed, where)


@contextmanager
def _in_file(blob: bytes) -> Iterator[Path]:
    """A signature in a temporary file, as `ssh-keygen` needs it."""
    with temporary_folder() as folder:
        file = folder / "signature"
        with storage_errors(file):
            file.write_bytes(to_armor(blob))
        yield file


def _run(arguments: Sequence[str], data: bytes, timeout_s: int) -> subprocess.CompletedProcess[bytes]:
    try:
        with storage_errors(
            Path("ssh-keygen"), "cannot be run", hint="install OpenSSH, 8.9 or newer", missing=UsageError
        ):
            return subprocess.run(
                ["ssh-keygen", *arguments], input=data, capture_output=True, check=False, timeout=timeout_s
            )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"ssh-keygen did not finish within {timeout_s} s") from error


def _fingerprint(done: subprocess.CompletedProcess[bytes], where: str) -> str:
    match = _FINGERPRINT.search(done.stdout)
    if match is None:
        raise IntegrityError(f"{where}: ssh-keygen accepts it but reports no key: {_output(done)}")
    return match.group(1).decode("ascii")


def _output(done: subprocess.CompletedProcess[bytes]) -> str:
    text = " ".join((done.stderr or done.stdout).decode("utf-8", "replace").split())
    return printable(text[:300]) or f"ssh-keygen ended with {done.returncode}"
