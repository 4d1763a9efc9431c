"""One suite for every forge: whoever passes it may be published to."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from obrelease.errors import (
    Conflict,
    IntegrityError,
    InvalidInput,
    NotFound,
    RemoteError,
    UsageError,
)
from obrelease.remote.forge.protocol import Asset, Forge, NewRelease, Release
from tests.conformance.conftest import Place

NOTES = "# What is new\n\n* naïve `code` — ≤ 1 µs & <b>bold</b>\n* \\backslash\n"


class Kit:
    """A forge, its place, and files to give it."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place = place
        self.forge: Forge = place.open()
        self.folder = folder
        self.progress: list[int] = []

    def new(self, *, prerelease: bool = True) -> NewRelease:
        return NewRelease(self.place.tag, "0" * 39 + "1", f"Release {self.place.tag}", NOTES, prerelease)

    def draft(self) -> Release:
        return self.forge.create_draft(self.new())

    def file(self, content: bytes, name: str = "source.bin") -> tuple[Path, str]:
        path = self.folder / name
        path.write_bytes(content)
        return path, hashlib.sha256(content).hexdigest()

    def upload(self, release: Release, name: str, content: bytes) -> Asset:
        path, digest = self.file(content)
        return self.forge.upload(release, name, path, digest, self.progress.append)

    def found(self) -> Release:
        release = self.place.open().find(self.place.tag)
        assert release is not None
        return release


@pytest.fixture
def kit(place: Place, tmp_path: Path) -> Kit:
    return Kit(place, tmp_path)


def test_preflight_passes_and_an_unknown_tag_has_no_release(kit: Kit) -> None:
    kit.forge.preflight()
    assert kit.forge.name in {"directory", "github"}
    assert kit.forge.find(kit.place.tag) is None


@pytest.mark.parametrize("prerelease", [True, False])
def test_a_draft_is_what_it_was_made_of(kit: Kit, prerelease: bool) -> None:
    made = kit.forge.create_draft(kit.new(prerelease=prerelease))
    assert (made.tag, made.title, made.notes) == (kit.place.tag, f"Release {kit.place.tag}", NOTES)
    assert (made.draft, made.prerelease, made.assets) == (True, prerelease, ())
    assert made.id
    assert made.url
    assert kit.found() == made


def test_a_second_release_of_a_tag_is_a_conflict(kit: Kit) -> None:
    made = kit.draft()
    with pytest.raises(Conflict, match="exists already"):
        kit.place.open().create_draft(kit.new())
    assert kit.found() == made


@pytest.mark.parametrize("size", [1, 65536, 3 * 1024 * 1024 + 1])
def test_an_upload_is_confirmed(kit: Kit, size: int) -> None:
    release, content = kit.draft(), bytes(range(256)) * (size // 256 + 1)
    asset = kit.upload(release, "data-1.0_x.bin", content[:size])
    digest = hashlib.sha256(content[:size]).hexdigest()
    assert (asset.name, asset.size, asset.complete) == ("data-1.0_x.bin", size, True)
    assert asset.sha256 == (digest if kit.place.keeps_digests else None)
    assert kit.found().assets == (asset,)
    assert sum(kit.progress) == size
    assert min(kit.progress) > 0


def test_an_upload_is_idempotent(kit: Kit) -> None:
    release = kit.draft()
    first = kit.upload(release, "a.txt", b"hello")
    kit.progress.clear()
    kit.forge = kit.place.open()
    if kit.place.keeps_bytes:
        assert kit.upload(release, "a.txt", b"hello") == first
        assert kit.progress == [5]
    else:
        with pytest.raises((Conflict, IntegrityError, RemoteError)):
            kit.upload(release, "a.txt", b"hello")
    assert kit.found().assets == (first,)


def test_an_asset_of_the_same_size_that_was_found_is_not_taken_on_trust(kit: Kit) -> None:
    release = kit.draft()
    first = kit.upload(release, "a.txt", b"hello")
    kit.forge = kit.place.open()
    with pytest.raises((Conflict, IntegrityError, RemoteError)):
        kit.upload(release, "a.txt", b"HELLO")
    assert kit.found().assets == (first,)


def test_other_bytes_under_a_taken_name_are_a_conflict(kit: Kit) -> None:
    release = kit.draft()
    first = kit.upload(release, "a.txt", b"hello")
    with pytest.raises(Conflict, match=r"a\.txt with other bytes"):
        kit.upload(release, "a.txt", b"HELLO" if kit.place.keeps_bytes else b"longer")
    assert kit.found().assets == (first,)


def test_assets_are_listed_by_name(kit: Kit) -> None:
    release = kit.draft()
    for name in ("b.txt", "SHA256SUMS", "a.txt"):
        kit.upload(release, name, name.encode())
    assert [asset.name for asset in kit.found().assets] == ["SHA256SUMS", "a.txt", "b.txt"]


def test_a_file_that_is_not_what_was_announced_is_refused(kit: Kit) -> None:
    release = kit.draft()
    path, _ = kit.file(b"hello")
    with pytest.raises(IntegrityError, match="expected"):
        kit.forge.upload(release, "a.txt", path, "0" * 64, kit.progress.append)
    assert kit.found().assets == ()


def test_files_that_no_forge_takes_are_refused(kit: Kit) -> None:
    release = kit.draft()
    with pytest.raises(InvalidInput, match="empty"):
        kit.upload(release, "a.txt", b"")
    path, digest = kit.file(b"hello")
    link = kit.folder / "link"
    link.symlink_to(path)
    with pytest.raises(InvalidInput, match="symbolic link"):
        kit.forge.upload(release, "a.txt", link, digest, kit.progress.append)
    with pytest.raises(NotFound):
        kit.forge.upload(release, "a.txt", kit.folder / "missing", digest, kit.progress.append)
    with pytest.raises(InvalidInput):
        kit.forge.upload(release, "a.txt", kit.folder, digest, kit.progress.append)
    assert kit.found().assets == ()


@pytest.mark.parametrize(
    "name", ["", "..", "a/b", "a b", "a~b", ".hidden", "-x", "x.", "é.txt", "a\nb", "a+b"]
)
def test_asset_names_that_would_be_rewritten_are_refused(kit: Kit, name: str) -> None:
    release = kit.draft()
    with pytest.raises(UsageError):
        kit.upload(release, name, b"hello")
    assert kit.found().assets == ()


@pytest.mark.parametrize(
    "tag", ["", "..", "../x", "a//b", "-d", ".drafts", ".staging", "v1;id", "HEAD", "a b", "é"]
)
def test_hostile_tags_are_refused(kit: Kit, tag: str) -> None:
    with pytest.raises(UsageError):
        kit.forge.find(tag)
    with pytest.raises(UsageError):
        kit.forge.create_draft(NewRelease(tag, "0" * 40, "t", "n", True))


def test_a_commit_must_be_given_in_full(kit: Kit) -> None:
    with pytest.raises(UsageError):
        kit.forge.create_draft(NewRelease(kit.place.tag, "main", "t", "n", True))
    assert kit.forge.find(kit.place.tag) is None


def test_a_download_gives_the_bytes_or_nothing(kit: Kit) -> None:
    content = b"0123456789" * 20_000
    release = kit.draft()
    asset = kit.upload(release, "a.bin", content)
    target = kit.folder / "downloads" / "a.bin"
    target.parent.mkdir()
    kit.progress.clear()

    def fetch() -> None:
        kit.forge.download(release, asset, target, kit.progress.append)

    if kit.place.keeps_bytes:
        fetch()
        assert target.read_bytes() == content
        assert sum(kit.progress) == len(content)
        assert [path.name for path in target.parent.iterdir()] == ["a.bin"]
        with pytest.raises(Conflict, match="exists already"):
            fetch()
    else:
        with pytest.raises((Conflict, IntegrityError, RemoteError)):
            fetch()
        assert list(target.parent.iterdir()) == []


def test_a_draft_is_known_again_by_its_claim_alone(kit: Kit) -> None:
    claim = "0123456789abcdef" * 2
    made = kit.forge.create_draft(replace(kit.new(), claim=claim))
    assert (made.claim, made.notes) == (claim, NOTES)
    other = kit.place.open()
    assert other.find_claimed(kit.place.tag, claim) == made
    assert other.find_claimed(kit.place.tag, "f" * 32) is None
    assert other.find_claimed(kit.place.tag, "") is None
    kit.upload(made, "a.txt", b"hello")
    public = kit.forge.publish(made)
    assert (public.claim, public.notes) == ("", NOTES)
    assert other.find_claimed(kit.place.tag, claim) is None


def test_the_outline_names_every_write_once_and_in_order(kit: Kit) -> None:
    acts = [act for act in kit.forge.planned_acts(kit.place.tag, ["a.txt", "b.txt"]) if act.verb != "look"]
    assert [(act.verb, act.target) for act in acts] == [
        ("create-draft", kit.place.tag),
        ("upload", "a.txt"),
        ("upload", "b.txt"),
        ("publish", kit.place.tag),
    ]
    assert kit.forge.find(kit.place.tag) is None


def test_publishing_is_one_flip_and_idempotent(kit: Kit) -> None:
    draft = kit.draft()
    asset = kit.upload(draft, "a.txt", b"hello")
    public = kit.forge.publish(draft)
    assert (public.draft, public.prerelease, public.assets) == (False, True, (asset,))
    assert (public.tag, public.title, public.notes) == (draft.tag, draft.title, draft.notes)
    assert kit.found() == public
    assert kit.place.open().publish(draft) == public
    assert kit.place.open().publish(public) == public


def test_what_is_public_is_never_changed(kit: Kit) -> None:
    draft = kit.draft()
    kit.upload(draft, "a.txt", b"hello")
    public = kit.forge.publish(draft)
    for release in (draft, public):
        with pytest.raises(Conflict, match="public"):
            kit.upload(release, "b.txt", b"more")
        with pytest.raises(Conflict, match="public"):
            kit.upload(release, "a.txt", b"other!")
        with pytest.raises(Conflict, match="public"):
            kit.forge.delete_draft(release)
    with pytest.raises(Conflict, match="exists already"):
        kit.forge.create_draft(kit.new())
    assert kit.found() == public


def test_a_draft_can_be_removed_and_made_again(kit: Kit) -> None:
    draft = kit.draft()
    kit.upload(draft, "a.txt", b"hello")
    kit.forge.delete_draft(draft)
    assert kit.forge.find(kit.place.tag) is None
    kit.forge.delete_draft(draft)
    assert kit.draft().assets == ()


def test_a_removed_draft_takes_no_asset_and_is_not_published(kit: Kit) -> None:
    draft = kit.draft()
    kit.forge.delete_draft(draft)
    with pytest.raises(RemoteError):
        kit.upload(draft, "a.txt", b"hello")
    with pytest.raises(RemoteError):
        kit.forge.publish(draft)
    assert kit.forge.find(kit.place.tag) is None


def test_another_run_goes_on_where_the_first_one_stopped(kit: Kit) -> None:
    kit.upload(kit.draft(), "a.txt", b"hello")
    kit.forge = kit.place.open()
    draft = kit.found()
    assert draft.draft
    if kit.place.keeps_bytes:
        kit.upload(draft, "a.txt", b"hello")
    kit.upload(draft, "b.txt", b"world")
    public = kit.forge.publish(draft)
    assert [asset.name for asset in public.assets] == ["a.txt", "b.txt"]
