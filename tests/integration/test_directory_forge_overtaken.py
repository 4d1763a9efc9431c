"""A second publisher who acts on the folder between two acts of the first: a reason, and never a lie."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obrelease.errors import Conflict, ObreleaseError, StorageError
from obrelease.remote.forge import directory
from obrelease.remote.forge.directory import DirectoryForge
from obrelease.remote.forge.protocol import NewRelease, Release

NEW = NewRelease("v0.9-beta", "0" * 40, "Release", "notes", True)
CONTENT = b"0123456789abcdef" * 4096
DIGEST = hashlib.sha256(CONTENT).hexdigest()
Act = Callable[[], object]
Meanwhile = Callable[[str, Act], None]


@pytest.fixture
def forge(tmp_path: Path) -> DirectoryForge:
    return DirectoryForge(tmp_path / "releases")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Let the other publisher act once, just before a function of the forge's module is called."""

    def arrange(name: str, act: Act) -> None:
        real, waiting = getattr(directory, name), [act]

        def overtaken(*args: Any, **options: Any) -> Any:
            if waiting:
                waiting.pop()()
            return real(*args, **options)

        monkeypatch.setattr(directory, name, overtaken)

    return arrange


def published(forge: DirectoryForge) -> Release:
    """What the other publisher does: all that is left to do."""
    return forge.publish(forge.find(NEW.tag) or forge.create_draft(NEW))


@pytest.mark.parametrize("moment", ["sync_folder", "_rename_to_unused"])
def test_while_it_publishes(forge: DirectoryForge, meanwhile: Meanwhile, moment: str) -> None:
    draft = forge.create_draft(NEW)
    meanwhile(moment, lambda: published(forge))
    with pytest.raises(Conflict, match="another publisher was faster"):
        forge.publish(draft)
    assert not forge.publish(draft).draft


@pytest.mark.parametrize("moment", ["write_verified", "_asset"])
def test_while_it_uploads(forge: DirectoryForge, source: Path, meanwhile: Meanwhile, moment: str) -> None:
    draft = forge.create_draft(NEW)
    meanwhile(moment, lambda: published(forge))
    with pytest.raises(Conflict, match="another publisher was faster"):
        forge.upload(draft, "data.bin", source, DIGEST, lambda _: None)


@pytest.mark.parametrize("moment", ["write_file", "_rename_to_unused", "_release_document"])
def test_while_it_makes_its_draft(forge: DirectoryForge, meanwhile: Meanwhile, moment: str) -> None:
    meanwhile(moment, lambda: published(forge))
    with pytest.raises(Conflict):
        forge.create_draft(NEW)
    found = forge.find(NEW.tag)
    assert found is not None
    assert not found.draft


def test_while_it_looks(forge: DirectoryForge, meanwhile: Meanwhile) -> None:
    draft = forge.create_draft(NEW)
    meanwhile("_release_document", lambda: published(forge))
    found = forge.find(NEW.tag)
    assert found is not None
    assert (draft.draft, found.draft) == (True, False)


def test_while_it_looks_the_draft_is_taken_back(forge: DirectoryForge, meanwhile: Meanwhile) -> None:
    draft = forge.create_draft(NEW)
    meanwhile("_release_document", lambda: forge.delete_draft(draft))
    assert forge.find(NEW.tag) is None


def test_a_disk_that_fails_is_no_publisher(forge: DirectoryForge, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = forge.create_draft(NEW)

    def refuse(_path: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(directory, "sync_folder", refuse)
    with pytest.raises(StorageError, match="Input/output error"):
        forge.publish(draft)


def test_a_broken_draft_is_reported(forge: DirectoryForge) -> None:
    forge.create_draft(NEW)
    (forge.root / ".drafts" / NEW.tag / "release.json").write_text("{")
    with pytest.raises(ObreleaseError, match=r"release\.json: cannot be read"):
        forge.find(NEW.tag)
