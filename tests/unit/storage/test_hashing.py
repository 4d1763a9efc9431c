"""sha256 of bytes, files and streams agree with each other and with hashlib."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from obrelease.storage.hashing import digest_bytes, digest_chunks, digest_file, digest_stream


def test_digests_are_those_of_sha256(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000
    path = tmp_path / "data"
    path.write_bytes(data)
    copy = bytearray()
    expected = hashlib.sha256(data).hexdigest()
    assert digest_bytes(data) == expected
    assert digest_file(path) == (expected, len(data))
    assert digest_stream(io.BytesIO(data), copy.extend) == (expected, len(data))
    assert digest_chunks(iter([data[:10], data[10:]])) == (expected, len(data))
    assert bytes(copy) == data
