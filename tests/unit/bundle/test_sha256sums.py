"""SHA256SUMS: exactly the lines that sha256sum itself writes and checks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from obrelease.bundle import sha256sums
from obrelease.errors import InvalidInput
from obrelease.storage.hashing import digest_bytes

D = "0" * 64


def test_sha256sum_checks_what_we_write_and_we_read_what_it_writes(tmp_path: Path) -> None:
    contents = {"b": b"hello", "a/c.csv": b""}
    for name, data in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    digests = {name: digest_bytes(data) for name, data in contents.items()}
    (tmp_path / sha256sums.NAME).write_bytes(sha256sums.render(digests))
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", sha256sums.NAME], cwd=tmp_path, check=True)
    theirs = subprocess.run(
        ["sha256sum", *sorted(contents)], cwd=tmp_path, check=True, capture_output=True
    ).stdout
    assert theirs == sha256sums.render(digests)
    assert sha256sums.parse(theirs, "x") == digests


@pytest.mark.parametrize(
    "text",
    [
        f"{D}  a",
        f"{D} *a\n",
        f"{D} a\n",
        f"{D.upper().replace('0', 'A')}  a\n",
        f"{D[1:]}  a\n",
        f"\\{D}  a\n",
        f"{D}  a\r\n",
        f"{D}  a\n\n",
        f"# {D}  a\n",
        f"{D}  a\n{D}  a\n",
        f"{D}  b\n{D}  a\n",
        f"{D}  a b\n",
        f"{D}  /a\n",
        f"{D}  é\n",
        "",
    ],
)
def test_any_other_format_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^SUMS: "):
        sha256sums.parse(text.encode(), "SUMS")
