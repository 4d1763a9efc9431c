"""Outputs replace what has their name, and never write through it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from obrelease.errors import StorageError
from obrelease.storage.output_files import write_output, write_page

WRITERS = (write_output, write_page)


@pytest.mark.parametrize("write", WRITERS)
def test_a_link_is_replaced_and_its_target_is_unchanged(
    write: Callable[[Path, bytes], None], tmp_path: Path
) -> None:
    victim, output = tmp_path / "victim", tmp_path / "output"
    victim.write_bytes(b"kept")
    output.symlink_to(victim)
    write(output, b"new")
    assert (victim.read_bytes(), output.read_bytes(), output.is_symlink()) == (b"kept", b"new", False)


@pytest.mark.parametrize("write", WRITERS)
def test_a_link_to_nothing_makes_no_file_elsewhere(
    write: Callable[[Path, bytes], None], tmp_path: Path
) -> None:
    victim, output = tmp_path / "victim", tmp_path / "output"
    output.symlink_to(victim)
    write(output, b"new")
    assert (victim.exists(), output.read_bytes()) == (False, b"new")


@pytest.mark.parametrize("write", WRITERS)
def test_a_second_name_of_a_file_keeps_the_content(
    write: Callable[[Path, bytes], None], tmp_path: Path
) -> None:
    victim, output = tmp_path / "victim", tmp_path / "output"
    victim.write_bytes(b"kept")
    output.hardlink_to(victim)
    write(output, b"new")
    assert (victim.read_bytes(), output.read_bytes()) == (b"kept", b"new")


@pytest.mark.parametrize("write", WRITERS)
def test_a_folder_of_the_name_is_an_error(write: Callable[[Path, bytes], None], tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=f"^{tmp_path}: "):
        write(tmp_path, b"new")


def test_a_pipe_without_a_reader_is_an_error_and_one_with_a_reader_gets_the_bytes(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StorageError, match=f"^{pipe}: is a pipe that no process reads$"):
        write_output(pipe, b"new")
    content = b"x" * 1_000_000
    received: list[bytes] = []
    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    writer = threading.Thread(target=write_output, args=(pipe, content))
    writer.start()
    # A reader that comes before the writer sees the end of the file: it reads until the bytes are there.
    with os.fdopen(descriptor, "rb") as file:
        while sum(map(len, received)) < len(content):
            received.append(file.read(65_536))
    writer.join()
    assert b"".join(received) == content


def test_standard_output_keeps_its_file(tmp_path: Path) -> None:
    redirected = tmp_path / "redirected"
    with redirected.open("wb") as file:
        write_output(Path(f"/dev/fd/{file.fileno()}"), b"new")
    assert redirected.read_bytes() == b"new"


def test_a_page_in_place_of_a_pipe_is_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    write_page(pipe, b"new")
    assert pipe.read_bytes() == b"new"


def test_a_missing_folder_is_an_error_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is no folder") as caught:
        write_output(tmp_path / "missing" / "file", b"new")
    assert caught.value.hint == "make its folder first, or choose another one"
    assert not (tmp_path / "missing").exists()
