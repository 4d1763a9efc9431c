"""SSH signatures made and verified by `ssh-keygen`: this program never reads a private key.

A key may be in a file, in an agent or on a hardware token; `ssh-keygen` asks for what it needs.
Each use has its own namespace, so that a signature for one purpose is not valid for another.
"""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from obrelease.bundle.signing.armor import from_armor, to_armor
from obrelease.errors import IntegrityError, UsageError
from obrelease.models.finding import printable
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.temporary import temporary_folder

SUMS_NAMESPACE: Final = "sums.v1@obrelease"
PROVENANCE_NAMESPACE: Final = "provenance.v1@obrelease"
PERFORMANCE_NAMESPACE: Final = "performance.v1@obrelease"
GIT_NAMESPACE: Final = "git"
"""The namespace in which git signs tags."""

_SIGN_TIMEOUT_S: Final = 300
_VERIFY_TIMEOUT_S: Final = 60
_CERTIFICATE: Final = re.compile(rb"with [A-Z0-9-]+-CERT key SHA256:")
_FINGERPRINT: Final = re.compile(rb"key (SHA256:[A-Za-z0-9+/]{43})\s*\Z")


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that made a signature, and how the allowed signers list it.

    Attributes:
        fingerprint: of the key.
        principal: the name, or the pattern of names, in the list; None without a list.
        listed: `name`: the key is listed for this name alone. `pattern`: the list allows the key for every
            name that fits. `certificate`: the name is in a certificate of a listed authority.
        line: the number of the line in the list that has the key; None for a certificate.
    """

    fingerprint: str
    principal: str | None = None
    listed: Literal["name", "pattern", "certificate"] = "name"
    line: int | None = None


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
        names.sort(key=_is_pattern)
        if not names:
            raise IntegrityError(
                f"{where}: the signing key is not among the allowed signers",
                hint="do not trust it, unless the allowed signers in the policy are out of date",
            )
        for name in names:
            done = _run(["-Y", "verify", "-I", name, "-n", namespace, *listed], data, _VERIFY_TIMEOUT_S)
            if done.returncode == 0:
                return _listed_signer(done, name, allowed.file, where)
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


def _listed_signer(done: subprocess.CompletedProcess[bytes], name: str, file: Path, where: str) -> Signer:
    fingerprint = _fingerprint(done, where)
    if _CERTIFICATE.search(done.stdout):
        return Signer(fingerprint, name, "certificate")
    listed: Literal["name", "pattern"] = "pattern" if _is_pattern(name) else "name"
    return Signer(fingerprint, name, listed, _line_of(read_bounded(file), name, fingerprint))


def _is_pattern(name: str) -> bool:
    """Whether `ssh-keygen` reads it as a pattern (PATTERNS in ssh_config(5)); it is nobody's name then."""
    return not {"*", "?", "!"}.isdisjoint(name)


def _line_of(listing: bytes, name: str, fingerprint: str) -> int | None:
    """The line of a list of allowed signers with this principal and this key; None if no line is plain."""
    for number, line in enumerate(listing.decode("utf-8", "replace").splitlines(), 1):
        principals, _, rest = line.strip().partition(" ")
        if name in principals.strip('"').split(",") and fingerprint in map(_fingerprint_of, rest.split()):
            return number
    return None


def _fingerprint_of(field: str) -> str:
    """The fingerprint of a public key in base64, as `ssh-keygen` prints it; of other text, something else."""
    try:
        key = base64.b64decode(field, validate=True)
    except ValueError:
        return ""
    return "SHA256:" + base64.b64encode(bytes.fromhex(digest_bytes(key))).decode("ascii").rstrip("=")


def _fingerprint(done: subprocess.CompletedProcess[bytes], where: str) -> str:
    match = _FINGERPRINT.search(done.stdout)
    if match is None:
        raise IntegrityError(f"{where}: ssh-keygen accepts it but reports no key: {_output(done)}")
    return match.group(1).decode("ascii")


def _output(done: subprocess.CompletedProcess[bytes]) -> str:
    text = " ".join((done.stderr or done.stdout).decode("utf-8", "replace").split())
    return printable(text[:300]) or f"ssh-keygen ended with {done.returncode}"
