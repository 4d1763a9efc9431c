"""Where a LOBSTER day may lie: zip, folder, or two files; and archives that are refused."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from pathlib import Path

import pytest

from obengine.api.errors import FeedError
from obengine.feeds.lobster import read_lobster
from obengine.feeds.lobster_sample import write_lobster_sample


@pytest.fixture
def message(tmp_path: Path) -> Path:
    folder = tmp_path / "day"
    folder.mkdir()
    return write_lobster_sample(folder, rows=60, levels=2)


def zipped(message: Path, target: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(message.parent.iterdir()):
            archive.write(path, prefix + path.name)
    return target


def test_all_ways_give_the_same_commands(tmp_path: Path, message: Path) -> None:
    fast_reader = read_lobster(message)
    archive = zipped(message, tmp_path / "day.zip", prefix="inner/")
    for path in (message.parent, archive):
        assert read_lobster(path).commands.tobytes() == fast_reader.commands.tobytes()


def test_sources_are_the_files_that_were_read(tmp_path: Path, message: Path) -> None:
    archive = zipped(message, tmp_path / "day.zip")
    (source,) = read_lobster(archive).sources
    assert (source.name, source.size) == ("day.zip", archive.stat().st_size)
    assert source.sha256 == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert [each.name for each in read_lobster(message).sources] == [
        message.name,
        message.name.replace("message", "orderbook"),
    ]


def test_files_that_are_not_there_or_not_a_message_file(tmp_path: Path, message: Path) -> None:
    with pytest.raises(FeedError, match="the name does not contain `message`"):
        read_lobster(tmp_path / "prices.csv")
    with pytest.raises(FeedError, match="is missing"):
        read_lobster(tmp_path / "X_message_5.csv")
    with pytest.raises(FeedError, match="No such file"):
        read_lobster(tmp_path / "none.zip")
    message.unlink()
    with pytest.raises(FeedError, match="No such file"):
        read_lobster(message)


def test_a_folder_of_two_days_names_them(message: Path) -> None:
    for kind in ("message", "orderbook"):
        (message.parent / f"OTHER_{kind}_2.csv").write_bytes(b"")
    with pytest.raises(FeedError, match=r"OTHER_message_2\.csv, SAMPLE"):
        read_lobster(message.parent)


def test_an_archive_cut_at_every_64th_byte(tmp_path: Path, message: Path) -> None:
    whole = zipped(message, tmp_path / "day.zip").read_bytes()
    cut = tmp_path / "cut.zip"
    for length in range(0, len(whole), 64):
        cut.write_bytes(whole[:length])
        with pytest.raises(FeedError):
            read_lobster(cut)


def test_a_changed_byte_in_an_archive_never_escapes_the_error_tree(tmp_path: Path, message: Path) -> None:
    whole = bytearray(zipped(message, tmp_path / "day.zip").read_bytes())
    good = read_lobster(tmp_path / "day.zip").commands.tobytes()
    changed = tmp_path / "changed.zip"
    refused = 0
    for at in range(0, len(whole), 7):
        whole[at] ^= 0xFF
        changed.write_bytes(whole)
        try:
            assert read_lobster(changed).commands.tobytes() == good
        except FeedError:
            refused += 1
        whole[at] ^= 0xFF
    assert refused > len(whole) // 7 * 0.8


def test_a_bomb_is_stopped(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("T_message_1.csv", b"34200,5,0,1,1,1\n" * 1_500_000)
        archive.writestr("T_orderbook_1.csv", b"2,1,1,1\n" * 10)
    with pytest.raises(FeedError, match="unpacks to more"):
        read_lobster(bomb)


def test_a_bomb_that_lies_about_its_packed_size_is_stopped(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("T_message_1.csv", b"34200,5,0,1,1,1\n" * 1_500_000)
        archive.writestr("T_orderbook_1.csv", b"2,1,1,1\n" * 10)
    whole = bytearray(bomb.read_bytes())
    directory = whole.index(b"PK\x01\x02")
    whole[directory + 20 : directory + 24] = struct.pack("<L", 1 << 30)
    bomb.write_bytes(whole)
    with pytest.raises(FeedError, match="unpacks to more"):
        read_lobster(bomb)


def test_too_many_members_and_a_zip64_locator_are_refused_unread(tmp_path: Path, message: Path) -> None:
    whole = zipped(message, tmp_path / "day.zip").read_bytes()
    end = whole.rindex(b"PK\x05\x06")
    many = tmp_path / "many.zip"
    many.write_bytes(whole[: end + 8] + struct.pack("<HH", 60_000, 60_000) + whole[end + 12 :])
    wide = tmp_path / "wide.zip"
    wide.write_bytes(whole[:end] + b"PK\x06\x07" + bytes(16) + whole[end:])
    for path in (many, wide):
        with pytest.raises(FeedError, match="more than 1000 members"):
            read_lobster(path)


def test_an_encrypted_member_is_refused(tmp_path: Path, message: Path) -> None:
    whole = bytearray(zipped(message, tmp_path / "day.zip").read_bytes())
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "day.zip").write_bytes(whole)
    with pytest.raises(FeedError, match="encrypted"):
        read_lobster(tmp_path / "day.zip")


def test_an_error_names_the_archive_and_its_member(tmp_path: Path, message: Path) -> None:
    lines = message.read_text().splitlines()
    lines[4] = lines[4].replace(",", ",x", 1)
    message.write_text("\n".join(lines))
    archive = zipped(message, tmp_path / "day.zip", prefix="inner/")
    with pytest.raises(FeedError) as caught:
        read_lobster(archive)
    assert str(caught.value).startswith(f"{archive}!inner/{message.name}:5:2: not a number: 'x")


def test_errors_without_a_line_name_none(tmp_path: Path, message: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK")
    cases = {
        tmp_path / "bad.zip": "not a zip archive: no end record",
        tmp_path / "none.zip": "cannot be read: No such file or directory",
        tmp_path / "prices.csv": "not a LOBSTER message file: the name does not contain `message`",
        tmp_path: "no message file with its orderbook file; they are named"
        " SYMBOL_DATE_START_END_message_LEVELS.csv and ..._orderbook_LEVELS.csv",
    }
    for path, reason in cases.items():
        with pytest.raises(FeedError) as caught:
            read_lobster(path)
        assert str(caught.value) == f"{path}: {reason}"


def test_a_flipped_bit_in_the_rows_is_called_damage_whatever_it_made_of_them(
    tmp_path: Path, message: Path
) -> None:
    archive = tmp_path / "day.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as made:
        for path in sorted(message.parent.iterdir()):
            made.write(path, path.name)
    whole = bytearray(archive.read_bytes())
    text = message.read_bytes()
    start = whole.index(text)
    for at in range(start + 1, start + len(text), 37):
        whole[at] ^= 1
        archive.write_bytes(whole)
        with pytest.raises(FeedError, match="CRC error: the archive is damaged") as caught:
            read_lobster(archive)
        assert caught.value.file == f"{archive}!{message.name}"
        whole[at] ^= 1


@pytest.mark.parametrize(("kind", "other"), [("message", "orderbook"), ("orderbook", "message")])
def test_half_of_a_second_day_is_refused_and_names_the_other_half(
    tmp_path: Path, message: Path, kind: str, other: str
) -> None:
    (message.parent / f"OTHER_{kind}_2.csv").write_bytes(b"")
    for path in (message.parent, zipped(message, tmp_path / "day.zip")):
        with pytest.raises(
            FeedError, match=rf"OTHER_{kind}_2\.csv needs \S*OTHER_{other}_2\.csv, which is not there"
        ):
            read_lobster(path)
    assert read_lobster(message).level_count == 2


def test_one_name_in_two_folders_of_an_archive_is_two_days(tmp_path: Path, message: Path) -> None:
    archive = zipped(message, tmp_path / "day.zip", prefix="first/")
    with zipfile.ZipFile(archive, "a") as made:
        for path in sorted(message.parent.iterdir()):
            made.write(path, f"second/{path.name}")
    with pytest.raises(FeedError, match=rf"first/{message.name}, second/{message.name}"):
        read_lobster(archive)


def test_one_member_twice_is_refused(tmp_path: Path, message: Path) -> None:
    archive = zipped(message, tmp_path / "day.zip")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(archive, "a") as made:
        made.write(message, message.name)
    with pytest.raises(FeedError, match="more than once"):
        read_lobster(archive)


def test_hidden_files_of_an_archive_are_no_second_day(tmp_path: Path, message: Path) -> None:
    archive = zipped(message, tmp_path / "day.zip")
    with zipfile.ZipFile(archive, "a") as made:
        made.writestr(f"__MACOSX/._{message.name}", b"\0")
    assert read_lobster(archive).level_count == 2
