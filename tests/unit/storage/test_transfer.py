"""A file held by one descriptor: what is sent is what was hashed, or it is not sent whole."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obrelease.errors import IntegrityError, InvalidInput, StorageError
from obrelease.storage.transfer import open_for_sending

CONTENT = bytes(range(256)) * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


def test_reading_again_gives_the_same_and_reports_each_byte_once(source: Path) -> None:
    progress: list[int] = []
    with open_for_sending(source, DIGEST, progress.append) as held:
        held.read(1000)
        held.seek(0)
        assert (held.tell(), held.len, held.size) == (0, len(CONTENT), len(CONTENT))
        assert held.readall() == CONTENT
        held.seek(0)
        held.close()
        assert held.readall() == CONTENT
        held.finish()
    assert sum(progress) == len(CONTENT)


def test_replacing_the_path_changes_nothing_that_is_sent(source: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"X" * len(CONTENT))
    with open_for_sending(source, DIGEST, lambda count: None) as held:
        other.replace(source)
        assert held.readall() == CONTENT


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(CONTENT) - 1), st.sampled_from([4093, 65536, 10**6]), st.integers(0, 5))
def test_a_changed_file_is_never_sent_completely(source: Path, place: int, chunk: int, after: int) -> None:
    """Rule: whoever was promised `size` bytes never gets `size` bytes that hash to something else."""
    source.write_bytes(CONTENT)
    sent = bytearray()
    with open_for_sending(source, DIGEST, lambda count: None) as held:
        for _ in range(after):
            sent += held.read(chunk) or b""
        with source.open("r+b") as sink:
            sink.seek(place)
            sink.write(bytes([CONTENT[place] ^ 1]))
        try:
            while block := held.read(chunk):
                sent += block
        except IntegrityError:
            assert len(sent) < len(CONTENT)
        else:
            assert sent == CONTENT


def test_a_cancelled_file_returns_nothing_more(source: Path) -> None:
    with open_for_sending(source, DIGEST, lambda count: None) as held:
        held.read(10)
        held.cancel()
        with pytest.raises(StorageError, match="cancelled"):
            held.read(10)
        with pytest.raises(io.UnsupportedOperation):
            held.seek(5)


def test_only_regular_files_with_content_are_opened(source: Path, tmp_path: Path) -> None:
    empty, link, pipe = tmp_path / "empty", tmp_path / "link", tmp_path / "pipe"
    empty.touch()
    link.symlink_to(source)
    os.mkfifo(pipe)
    for path, error in (
        (empty, InvalidInput),
        (link, InvalidInput),
        (pipe, InvalidInput),
        (tmp_path, InvalidInput),
    ):
        with (
            pytest.raises(error),
            open_for_sending(path, hashlib.sha256(b"").hexdigest(), lambda count: None),
        ):
            pytest.fail(f"{path} was opened")
