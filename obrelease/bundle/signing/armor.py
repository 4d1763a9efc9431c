"""Text forms of an SSH signature: armor, exactly as `ssh-keygen` writes it, and base64.

Source: OpenSSH PROTOCOL.sshsig. `ssh-keygen` also reads other forms (line lengths, spaces); here they
are refused, so that no byte of a signature file can be changed unnoticed.
"""

from __future__ import annotations

import base64
import binascii
from textwrap import wrap
from typing import Final

from obrelease.errors import IntegrityError

MAX_BYTES: Final = 64 * 1024
"""The largest signature file that is read; an RSA-16384 one has about 6 KiB."""

_BEGIN: Final = "-----BEGIN SSH SIGNATURE-----"
_END: Final = "-----END SSH SIGNATURE-----"
_MAGIC: Final = b"SSHSIG"
_COLUMNS: Final = 70


def to_armor(blob: bytes) -> bytes:
    """The signature file of a signature, exactly as `ssh-keygen -Y sign` writes it."""
    lines = wrap(base64.b64encode(blob).decode("ascii"), _COLUMNS)
    return "\n".join((_BEGIN, *lines, _END, "")).encode("ascii")


def from_armor(data: bytes, where: str) -> bytes:
    """The signature in a signature file.

    Raises:
        IntegrityError: the file differs from what `ssh-keygen` writes.
    """
    try:
        first, *lines, last, end = data[:MAX_BYTES].decode("ascii").split("\n")
        blob = base64.b64decode("".join(lines), validate=True)
    except (UnicodeDecodeError, ValueError, binascii.Error) as error:
        raise IntegrityError(f"{where}: is not an SSH signature: {error}") from error
    if (first, last, end) != (_BEGIN, _END, "") or not blob.startswith(_MAGIC) or to_armor(blob) != data:
        raise IntegrityError(f"{where}: is not an SSH signature as ssh-keygen writes it")
    return blob


def to_base64(blob: bytes) -> str:
    """A signature as one line of base64, for a tag's message or a DSSE envelope."""
    return base64.b64encode(blob).decode("ascii")


def from_base64(text: str, where: str) -> bytes:
    """The signature in one line of base64.

    Raises:
        IntegrityError: it is not canonical base64, or not an SSH signature.
    """
    try:
        blob = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise IntegrityError(f"{where}: is not base64: {error}") from error
    if not blob.startswith(_MAGIC) or to_base64(blob) != text or len(blob) > MAX_BYTES:
        raise IntegrityError(f"{where}: is not an SSH signature in base64")
    return blob
