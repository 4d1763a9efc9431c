"""Tapes: written whole, and refused when a single byte is missing or changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from obengine.api.errors import BatchError, TapeError
from obengine.api.messages import COMMAND, Op, records_digest
from obengine.cores import make_book
from obengine.feeds.tape import is_tape, read_tape, write_tape
from obengine.flow.baseline import STEADY, generate
from tests.golden.auction_stream import auction_stream
from tests.golden.full_stream import rule_stream


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    path = tmp_path / "flow.obtape"
    write_tape(path, generate(STEADY, 1, 6).commands)
    return path


def test_a_tape_gives_back_its_commands_and_digest(tmp_path: Path) -> None:
    commands = generate(STEADY, 9, 500).commands
    digest = write_tape(tmp_path / "t.obtape", commands)
    again = read_tape(tmp_path / "t.obtape")
    assert digest == records_digest(again) == records_digest(commands)
    assert again.flags.writeable
    assert is_tape(tmp_path / "t.obtape")


def test_a_tape_keeps_commands_of_every_op_and_all_their_fields(tmp_path: Path) -> None:
    wild = np.random.default_rng(4).integers(0, 256, 500 * COMMAND.itemsize, np.uint8).view(COMMAND)
    commands = np.concatenate([auction_stream(3_000), rule_stream(1_000), wild])
    assert set(Op) <= set(commands["op"].tolist())
    write_tape(tmp_path / "t.obtape", commands)
    again = read_tape(tmp_path / "t.obtape")
    assert again.tobytes() == commands.tobytes()
    assert (
        make_book("reference", 2).apply(again).tobytes()
        == make_book("reference", 2).apply(commands).tobytes()
    )


def test_an_empty_tape_is_a_tape(tmp_path: Path) -> None:
    write_tape(tmp_path / "t.obtape", np.zeros(0, COMMAND))
    assert read_tape(tmp_path / "t.obtape").size == 0


def test_cut_at_every_byte(tape: Path) -> None:
    whole = tape.read_bytes()
    for length in range(len(whole)):
        tape.write_bytes(whole[:length])
        with pytest.raises(TapeError, match=r"truncated|not a tape"):
            read_tape(tape)


def test_one_bit_changed_in_every_byte(tape: Path) -> None:
    whole = bytearray(tape.read_bytes())
    for at in range(len(whole)):
        whole[at] ^= 1 << (at % 8)
        tape.write_bytes(whole)
        with pytest.raises(TapeError):
            read_tape(tape)
        whole[at] ^= 1 << (at % 8)


def test_bytes_after_the_end_are_refused(tape: Path) -> None:
    tape.write_bytes(tape.read_bytes() + b"\0")
    with pytest.raises(TapeError, match="altered"):
        read_tape(tape)


def test_a_newer_format_says_what_to_do(tape: Path) -> None:
    whole = bytearray(tape.read_bytes())
    whole[8] = 2
    tape.write_bytes(whole)
    with pytest.raises(TapeError, match="newer than 1: update"):
        read_tape(tape)


def test_a_missing_tape_and_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match="nowhere"):
        read_tape(tmp_path / "nowhere")
    with pytest.raises(TapeError, match="cannot be written"):
        write_tape(tmp_path / "no-folder" / "t", np.zeros(1, COMMAND))
    assert not is_tape(tmp_path / "nowhere")


def test_a_failed_write_leaves_the_old_tape_and_nothing_else(
    tape: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tape.read_bytes()

    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("obengine.feeds.tape.os.fsync", broken)
    with pytest.raises(TapeError, match="Input/output"):
        write_tape(tape, np.zeros(3, COMMAND))
    assert tape.read_bytes() == before
    assert [p.name for p in tape.parent.iterdir()] == [tape.name]


def test_only_commands_go_on_a_tape(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="COMMAND"):
        write_tape(tmp_path / "t", np.zeros(3, np.int64))
    assert list(tmp_path.iterdir()) == []
