"""The directory forge under kill -9, races and hands that tamper with its folders."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from obrelease.errors import Conflict, RemoteError
from obrelease.remote.forge.directory import DirectoryForge
from obrelease.remote.forge.protocol import NewRelease, Release

NEW = NewRelease("v0.9-beta", "0" * 40, "Release", "notes", True)
CONTENT = b"0123456789abcdef" * 4096
DIGEST = hashlib.sha256(CONTENT).hexdigest()
NAMES = ("a.bin", "b.bin", "c.bin")

WHOLE_WAY = """
import os, signal, sys
from pathlib import Path
from obrelease.errors import Conflict
from obrelease.remote.forge.directory import DirectoryForge
from obrelease.remote.forge.protocol import NewRelease
root, source, digest, stop = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
calls = 0
def dying(act):
    def run(*arguments, **named):
        global calls
        calls += 1
        if calls == stop:
            os.kill(os.getpid(), signal.SIGKILL)
        return act(*arguments, **named)
    return run
for name in ("fsync", "rename", "link", "mkdir", "unlink", "open"):
    setattr(os, name, dying(getattr(os, name)))
forge = DirectoryForge(root)
new = NewRelease("v0.9-beta", "0" * 40, "Release", "notes", True)
draft = forge.find(new.tag) or forge.create_draft(new)
if draft.draft:
    for name in ("a.bin", "b.bin", "c.bin"):
        forge.upload(draft, name, source, digest, lambda count: None)
    forge.publish(draft)
print("acknowledged")
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


def whole_way(root: Path, source: Path, stop: int) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-c", WHOLE_WAY, str(root), str(source), DIGEST, str(stop)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)


def assert_whole(release: Release | None) -> None:
    assert release is not None
    assert not release.draft
    assert [(asset.name, asset.sha256) for asset in release.assets] == [(name, DIGEST) for name in NAMES]


def test_killed_before_each_call_it_is_never_half_public_and_the_next_run_ends_it(
    tmp_path: Path, source: Path
) -> None:
    killed = 0
    for stop in range(1, 200, 4):
        root = tmp_path / f"releases-{stop}"
        first = whole_way(root, source, stop)
        if first.returncode == 0:
            break
        assert first.returncode == -signal.SIGKILL, first.stderr
        killed += 1
        if (root / NEW.tag).exists():
            assert_whole(DirectoryForge(root).find(NEW.tag))
        again = whole_way(root, source, 0)
        assert again.stdout == "acknowledged\n", again.stderr
        assert_whole(DirectoryForge(root).find(NEW.tag))
        assert sorted(path.name for path in root.iterdir() if not path.name.startswith(".")) == [NEW.tag]
    assert killed >= 10


def test_of_two_publishers_of_a_tag_one_wins_and_the_other_reports_a_conflict(tmp_path: Path) -> None:
    root = tmp_path / "releases"
    forge = DirectoryForge(root)
    draft = forge.create_draft(NEW)
    forge.publish(draft)
    hidden = root.rename(tmp_path / "aside")
    DirectoryForge(root).create_draft(NEW)
    (hidden / NEW.tag).rename(root / NEW.tag)
    with pytest.raises(Conflict, match="draft of it exists as well"):
        forge.publish(draft)
    with pytest.raises(Conflict):
        forge.create_draft(NEW)


@pytest.mark.parametrize("place", [".drafts", ".drafts/v0.9-beta", ".drafts/v0.9-beta/assets", ".staging"])
def test_a_link_in_place_of_a_folder_is_refused(tmp_path: Path, source: Path, place: str) -> None:
    root, elsewhere = tmp_path / "releases", tmp_path / "elsewhere"
    forge = DirectoryForge(root)
    draft = forge.create_draft(NEW)
    (root / place).rename(elsewhere)
    (root / place).symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*"))
    with pytest.raises(RemoteError, match="not a link"):
        forge.upload(draft, "a.bin", source, DIGEST, lambda count: None)
    with pytest.raises(RemoteError, match="not a link"):
        forge.publish(draft)
    assert sorted(elsewhere.rglob("*")) == before


@pytest.mark.parametrize("name", ["link", "folder", "bad name", ".hidden"])
def test_what_is_no_asset_is_named_and_not_published(tmp_path: Path, source: Path, name: str) -> None:
    root = tmp_path / "releases"
    forge = DirectoryForge(root)
    draft = forge.create_draft(NEW)
    odd = root / ".drafts" / NEW.tag / "assets" / name
    if name == "link":
        odd.symlink_to(source)
    elif name == "folder":
        odd.mkdir()
    else:
        odd.write_text("x")
    with pytest.raises(RemoteError, match="is not an asset"):
        forge.publish(draft)
    assert not (root / NEW.tag).exists()


@pytest.mark.parametrize(
    "document",
    ["", "{", "[]", "null", "{}", '{"tag": 1}', json.dumps({"tag": "other"}), "[" * 100_000, "\x00"],
    ids=lambda text: ascii(text[:12]),
)
def test_a_broken_description_is_a_clear_error(tmp_path: Path, document: str) -> None:
    forge = DirectoryForge(tmp_path)
    forge.create_draft(NEW)
    (tmp_path / ".drafts" / NEW.tag / "release.json").write_text(document)
    with pytest.raises(RemoteError, match=r"release\.json"):
        forge.find(NEW.tag)


def test_a_changed_asset_shows_its_changed_digest(tmp_path: Path, source: Path) -> None:
    forge = DirectoryForge(tmp_path / "releases")
    draft = forge.create_draft(NEW)
    forge.upload(draft, "a.bin", source, DIGEST, lambda count: None)
    forge.publish(draft)
    with (tmp_path / "releases" / NEW.tag / "assets" / "a.bin").open("r+b") as sink:
        sink.write(b"X")
    found = forge.find(NEW.tag)
    assert found is not None
    assert found.assets[0].sha256 == hashlib.sha256(b"X" + CONTENT[1:]).hexdigest()


def test_preflight_refuses_a_root_that_cannot_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RemoteError, match="cannot be kept here"):
        DirectoryForge(tmp_path / "file" / "releases").preflight()
    DirectoryForge(tmp_path / "new" / "releases").preflight()
    assert not (tmp_path / "new").exists()
