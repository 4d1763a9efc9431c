"""The rows that have a figure: lost answers, resets at every percent, swapped files."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from obrelease.errors import ObreleaseError
from obrelease.storage import transfer
from obrelease.storage.transfer import open_for_sending
from tests.conformance.whole_way import CONTENT, NEW, UPLOAD, assert_whole, silent, until_done, whole_way
from tests.loopback_github.contract import EMULATOR
from tests.loopback_github.running import forge_at
from tests.loopback_github.server import LoopbackGitHub
from tests.property.prng import Prng

RECORDED = EMULATOR / "node_modules/@octokit/fixtures/scenarios/api.github.com/release-assets-conflict"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.bin"
    path.write_bytes(CONTENT)
    return path


def recorded_conflict() -> bytes:
    """The 422 that GitHub really gave to a second upload of a name."""
    exchanges: list[dict[str, Any]] = json.loads((RECORDED / "normalized-fixture.json").read_text("utf-8"))
    (conflict,) = [exchange for exchange in exchanges if exchange["status"] == 422]
    return json.dumps(conflict["response"]).encode()


@pytest.mark.parametrize("digests", [True, False], ids=["digests", "no digests"])
@pytest.mark.parametrize("tries", [10, pytest.param(100, marks=pytest.mark.nightly)])
def test_stored_and_lost_and_then_refused(
    github: LoopbackGitHub, source: Path, tries: int, digests: bool
) -> None:
    """Bar: reconciled by digest 100 of 100, the public asset is never deleted."""
    github.repository.keeps_digests = digests
    conflict = recorded_conflict()
    for number in range(tries):
        github.repository.releases.clear()
        github.faults.clear()
        hidden = number % 3
        github.fault(*UPLOAD, status=502, done=True)
        github.fault("GET", r"/releases/\d+/assets$", times=1)
        github.fault("GET", r"/releases/\d+/assets$", status=200, body=b"[]", times=hidden)
        github.fault(*UPLOAD, status=422, body=conflict)
        whole_way(forge_at(github), source)
        assert_whole(github)
    assert github.count("DELETE", "/") == 0


@pytest.mark.parametrize(
    "percent", [n if n % 20 == 9 else pytest.param(n, marks=pytest.mark.nightly) for n in range(100)]
)
def test_reset_at_each_percent(github: LoopbackGitHub, source: Path, percent: int) -> None:
    """Bar: converges, no duplicate."""
    github.fault(*UPLOAD, reset_at=len(CONTENT) * percent // 100)
    until_done(github, source)
    assert_whole(github)


def change(path: Path, how: int) -> None:
    """One of the ways in which a file stops being what it was."""
    size = path.stat().st_size
    if how == 0:
        other = path.with_suffix(".other")
        other.write_bytes(b"Y" * size)
        other.replace(path)
    elif how == 1:
        with path.open("r+b") as sink:
            sink.seek(size // 2)
            sink.write(b"Z")
    elif how == 2:
        os.truncate(path, size // 3)
    elif how == 3:
        with path.open("ab") as sink:
            sink.write(b"more")
    else:
        path.unlink()


@pytest.mark.parametrize("tries", [1000, pytest.param(20_000, marks=pytest.mark.nightly)])
def test_a_file_that_is_swapped_is_never_sent_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tries: int
) -> None:
    """Bar: 0 wrong bytes in 20,000: what arrives whole is what was validated, whenever it is swapped."""
    path, prng, arrived = tmp_path / "file", Prng(20_000), 0
    right = bytes(range(256)) * 600
    digest = hashlib.sha256(right).hexdigest()
    read, left = transfer._read_at, 0

    def swapping(place: Path, descriptor: int, count: int, offset: int) -> bytes:
        nonlocal left
        left -= 1
        if left == 0:
            change(path, prng.below(5))
        return read(place, descriptor, count, offset)

    monkeypatch.setattr(transfer, "_read_at", swapping)
    for _ in range(tries):
        path.write_bytes(right)
        left = 1 + prng.below(8)
        received = bytearray()
        try:
            with open_for_sending(path, digest, silent) as source:
                while block := source.read(65536):
                    received += block
        except ObreleaseError:
            assert len(received) < len(right)
        else:
            assert received == right
            arrived += 1
    assert 0 < arrived < tries


@pytest.mark.nightly
def test_a_file_that_is_swapped_on_its_way_to_github(
    github: LoopbackGitHub, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bar: 0 wrong bytes; an asset that is there has the bytes that were validated."""
    read, left, prng = transfer._read_at, 0, Prng(7)

    def swapping(place: Path, descriptor: int, count: int, offset: int) -> bytes:
        nonlocal left
        left -= 1
        if left == 0:
            change(source, prng.below(5))
        return read(place, descriptor, count, offset)

    monkeypatch.setattr(transfer, "_read_at", swapping)
    for _ in range(300):
        source.write_bytes(CONTENT)
        github.repository.releases.clear()
        forge = forge_at(github)
        draft = forge.create_draft(NEW)
        left = 1 + prng.below(8)
        try:
            forge.upload(draft, "data.bin", source, hashlib.sha256(CONTENT).hexdigest(), silent)
        except ObreleaseError:
            assert github.repository.releases[int(draft.id)].assets == []
        else:
            assert [a.content for a in github.repository.releases[int(draft.id)].assets] == [CONTENT]
