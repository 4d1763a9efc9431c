"""The forge that keeps releases in plain folders: the default, without network or token.

Layout below the root; whatever is in `<tag>/` is public, and appeared there by one rename
(a `/` of a tag is `~` in the name of its folder):

    <tag>/release.json  <tag>/assets/<name>
    .drafts/<tag>/release.json  .drafts/<tag>/assets/<name>
    .staging/<tag>/    unfinished work; removed when the release of the tag is published or removed
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final

from obrelease.errors import (
    Conflict,
    IntegrityError,
    InvalidInput,
    NotFound,
    ObreleaseError,
    RemoteError,
    StorageError,
)
from obrelease.remote.forge.protocol import Act, Asset, NewRelease, Release
from obrelease.remote.names import (
    checked_asset,
    checked_claim,
    checked_commit,
    checked_sha256,
    checked_tag,
    tag_folder,
)
from obrelease.storage.durable import replace_file, sync_folder, write_file, write_verified
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_file
from obrelease.storage.progress import Advance
from obrelease.storage.remove_tree import try_to_remove_tree
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.transfer import open_for_sending

_FIELDS: Final = {"tag": str, "commit": str, "title": str, "notes": str, "prerelease": bool, "claim": str}


class DirectoryForge:
    """A forge whose releases are folders below `root`, which is created on first use.

    It may be killed at any time: a draft, an asset and a public release each appear by one atomic
    operation, after their bytes are on the disk. Digests are always computed from the current
    bytes. Symbolic links below the root are refused.
    """

    name = "directory"
    limits = None
    hosts_tags = False

    def __init__(self, root: Path) -> None:
        self.root = root

    def asset_address(self, tag: str, name: str) -> str | None:
        """None: nobody shows the notes of a folder as a page."""
        checked_tag(tag)
        checked_asset(name)
        return None

    def planned_acts(self, tag: str, names: Sequence[str], *, joins: bool = False) -> tuple[Act, ...]:
        """The file operations of publishing; paths are relative to the root."""
        public, draft = tag_folder(tag), f".drafts/{tag_folder(tag)}"
        if joins:
            place = f"{{{public} or {draft}}}"
            return (
                Act("look", tag, f"READ {public} and {draft}"),
                *(Act("upload", name, f"LINK {place}/assets/{checked_asset(name)}") for name in names),
                Act("set-page", tag, f"REPLACE {place}/release.json"),
            )
        return (
            Act("look", tag, f"READ {public} and {draft}"),
            Act("create-draft", tag, f"RENAME .staging/{public}/{{new}} TO {draft}"),
            *(Act("upload", name, f"LINK {draft}/assets/{checked_asset(name)}") for name in names),
            Act("publish", tag, f"RENAME {draft} TO {public}"),
        )

    def tag_object(self, tag: str) -> str | None:
        """None: plain folders have no git repository."""
        checked_tag(tag)
        return None

    def preflight(self) -> None:
        """Check that the root, or the nearest existing folder above it, is writable. Reads only."""
        existing = next(folder for folder in (self.root, *self.root.absolute().parents) if folder.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            raise RemoteError(f"{existing}: releases cannot be kept here", hint="choose a writable folder")

    def find(self, tag: str) -> Release | None:
        """The release of a tag, draft or public, with newly hashed assets; Conflict if it is both."""
        held = self._existing(tag)
        try:
            return self._read(held, tag) if held else None
        except (RemoteError, StorageError):
            if self._existing(tag) == held:
                raise
        return self.find(tag)  # another publisher moved it while it was read

    def find_claimed(self, tag: str, claim: str) -> Release | None:
        """The draft of a tag if it has this claim."""
        draft = self._draft(tag)
        with self._disk_errors():
            present = _is_folder(draft)
        held = self._read(draft, tag) if present else None
        return held if held is not None and held.claim == checked_claim(claim) != "" else None

    def create_draft(self, new: NewRelease) -> Release:
        """Make an empty draft by one rename; Conflict if the tag has a release or a draft."""
        checked_commit(new.commit)
        checked_claim(new.claim)
        draft = self._draft(new.tag)
        if self.find(new.tag) is not None:
            raise Conflict(f"{new.tag}: a release of this tag exists already in {self.root}")
        staged = self._staging(new.tag) / secrets.token_hex(8)
        with self._conflict_if_published(new.tag), self._disk_errors():
            self._make_root()
            (staged / "assets").mkdir(parents=True)
            text = json.dumps(asdict(new), indent=2, sort_keys=True) + "\n"
            write_file(staged / "release.json", text.encode("utf-8"))
            sync_folder(staged)
            draft.parent.mkdir(exist_ok=True)
            _rename_to_unused(staged, draft)
            if self._is_public(new.tag):
                draft.rename(staged)
                raise _conflict_with_other(new.tag)
            sync_folder(draft.parent)
            sync_folder(self.root)
            return self._read(draft, new.tag)

    def upload(
        self,
        release: Release,
        name: str,
        path: Path,
        sha256: str,
        advance: Advance,
        *,
        joins: bool = False,
    ) -> Asset:
        """Copy one file into the draft, check it by reading it back, then give it its name."""
        checked_asset(name)
        folder = self._joined(release) if joins else self._own_draft(release)
        with open_for_sending(path, checked_sha256(sha256), advance) as source:
            target = folder / "assets" / name
            with self._disk_errors():
                present = os.path.lexists(target)
            if not present:
                staging = self._staging(release.tag)
                with self._disk_errors():
                    staging.mkdir(parents=True, exist_ok=True)
                    _is_folder(staging)
                guard = nullcontext() if joins else self._conflict_if_published(release.tag)
                with suppress(Conflict), guard:
                    write_verified(target, source.chunks(), source.size, sha256, staging=staging)
            with nullcontext() if joins else self._conflict_if_published(release.tag):
                held = _asset(target)
            if (held.size, held.sha256) != (source.size, sha256):
                raise Conflict(
                    f"{release.tag}: the draft already has an asset {name} with other bytes",
                    hint="remove the draft, or publish under another tag",
                )
            source.finish()
            return held

    def download(self, release: Release, asset: Asset, target: Path, advance: Advance) -> None:
        """Copy an asset to a new file; size and digest must be the reported ones."""
        folder = (self._draft if release.draft else self._public)(release.tag)
        held = folder / "assets" / checked_asset(asset.name)
        sha256, size = digest_file(held)
        if (size, sha256) != (asset.size, asset.sha256 or sha256):
            raise IntegrityError(f"{held}: changed since it was listed")
        with open_for_sending(held, sha256, advance) as source:
            write_verified(target, source.chunks(), size, sha256)

    def publish(self, release: Release) -> Release:
        """Move the draft to its public folder by one rename. Idempotent."""
        current = self.find(release.tag)
        if current is None:
            raise RemoteError(f"{release.tag}: there is no draft to publish in {self.root}")
        if current.draft:
            with self._conflict_if_published(release.tag), self._disk_errors():
                sync_folder(self._draft(release.tag) / "assets")
                sync_folder(self._draft(release.tag))
                _rename_to_unused(self._draft(release.tag), self._public(release.tag))
            with self._disk_errors():
                sync_folder(self.root)
                sync_folder(self.root / ".drafts")
        self._remove_staging(release.tag)
        return self._read(self._public(release.tag), release.tag)

    def set_page(self, release: Release, notes: str) -> Release:
        """Replace the notes of a release by one rename of its document."""
        folder = self._joined(release)
        facts = {**_release_document(folder / "release.json"), "notes": notes}
        text = json.dumps(facts, indent=2, sort_keys=True) + "\n"
        replace_file(folder / "release.json", text.encode("utf-8"))
        return self._read(folder, release.tag)

    def delete_draft(self, release: Release) -> None:
        """Remove a draft: hidden by one rename, then removed file by file."""
        if not release.draft or self._is_public(release.tag):
            raise Conflict(f"{release.tag} is public; a public release is never deleted")
        draft = self._draft(release.tag)
        with self._disk_errors():
            if _is_folder(draft):
                staging = self._staging(release.tag)
                staging.mkdir(parents=True, exist_ok=True)
                draft.rename(staging / secrets.token_hex(8))
                sync_folder(draft.parent)
        self._remove_staging(release.tag)

    def _disk_errors(self) -> AbstractContextManager[None]:
        return storage_errors(self.root, "the operation failed")

    def _existing(self, tag: str) -> Path | None:
        """The folder of the release of a tag, or None."""
        public, draft = self._public(tag), self._draft(tag)
        with self._disk_errors():
            held = [folder for folder in (public, draft) if _is_folder(folder)]
        if len(held) > 1:
            raise Conflict(
                f"{tag} is public, and a draft of it exists as well",
                hint=f"inspect the folder {draft}, then remove it",
            )
        return held[0] if held else None

    @contextmanager
    def _conflict_if_published(self, tag: str) -> Iterator[None]:
        """Turn an error into a Conflict if another publisher has made the release public."""
        try:
            yield
        except (RemoteError, StorageError) as error:
            if self._is_public(tag):
                raise _conflict_with_other(tag) from error
            raise

    def _public(self, tag: str) -> Path:
        return self.root / tag_folder(tag)

    def _draft(self, tag: str) -> Path:
        return self._hidden(".drafts") / tag_folder(tag)

    def _staging(self, tag: str) -> Path:
        return self._hidden(".staging") / tag_folder(tag)

    def _hidden(self, name: str) -> Path:
        folder = self.root / name
        with self._disk_errors():
            _is_folder(folder)
        return folder

    def _make_root(self) -> None:
        missing = [folder for folder in (self.root, *self.root.absolute().parents) if not folder.exists()]
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in missing:
            sync_folder(folder.parent)

    def _is_public(self, tag: str) -> bool:
        with self._disk_errors():
            return _is_folder(self._public(tag))

    def _own_draft(self, release: Release) -> Path:
        if not release.draft or self._is_public(release.tag):
            raise Conflict(f"{release.tag} is public; its assets are never changed")
        draft = self._draft(release.tag)
        with self._disk_errors():
            if not _is_folder(draft) or not _is_folder(draft / "assets"):
                raise RemoteError(f"{release.tag}: its draft is gone from {self.root}", hint="start again")
        return draft

    def _joined(self, release: Release) -> Path:
        folder = self._existing(release.tag)
        if folder is None:
            raise RemoteError(f"{release.tag}: its release is gone from {self.root}", hint="start again")
        return folder

    def _remove_staging(self, tag: str) -> None:
        try_to_remove_tree(self._staging(tag))

    def _read(self, folder: Path, tag: str) -> Release:
        facts = _release_document(folder / "release.json")
        if facts["tag"] != tag:
            raise RemoteError(f"{folder}/release.json: has the tag {facts['tag']!r}")
        with self._disk_errors():
            _is_folder(folder / "assets")
            names = sorted(entry.name for entry in (folder / "assets").iterdir())
        return Release(
            id=tag,
            tag=tag,
            title=str(facts["title"]),
            notes=str(facts["notes"]),
            draft=folder.parent.name == ".drafts",
            prerelease=bool(facts["prerelease"]),
            assets=tuple(_asset(folder / "assets" / name) for name in names),
            url=folder.absolute().as_uri(),
            commit=str(facts["commit"]),
            claim=str(facts["claim"]) if folder.parent.name == ".drafts" else "",
        )


def _is_folder(path: Path) -> bool:
    """False if nothing exists; anything but a real folder is an error."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(mode):
        raise RemoteError(
            f"{path}: must be a folder, not a link or a file", hint="inspect it, then remove it"
        )
    return True


def _asset(path: Path) -> Asset:
    try:
        checked_asset(path.name)
        sha256, size = digest_file(path)
    except ObreleaseError as error:
        raise RemoteError(
            f"{path}: is not an asset: {error.message}", hint="inspect it, then remove it"
        ) from error
    return Asset(id=path.name, name=path.name, size=size, complete=True, sha256=sha256)


def _release_document(path: Path) -> dict[str, object]:
    try:
        if path.is_symlink():
            raise RemoteError(f"{path}: must not be a link")
        facts = json.loads(read_bounded(path))
    except (InvalidInput, NotFound, StorageError, OSError, ValueError, RecursionError) as error:
        raise RemoteError(f"{path}: cannot be read: {error}", hint="remove this release folder") from error
    if isinstance(facts, dict):
        facts.setdefault("claim", "")  # older releases have none
    wrong = not isinstance(facts, dict) or any(
        not isinstance(facts.get(key), kind) for key, kind in _FIELDS.items()
    )
    if wrong or set(facts) != set(_FIELDS):
        raise RemoteError(f"{path}: must hold {', '.join(_FIELDS)} and nothing else")
    return dict(facts)


def _rename_to_unused(source: Path, target: Path) -> None:
    """Rename a folder to an unused name; a folder with content is never replaced."""
    try:
        source.rename(target)
    except OSError as error:
        if os.path.lexists(target):
            raise _conflict_with_other(target.name) from error
        raise


def _conflict_with_other(tag: str) -> Conflict:
    return Conflict(
        f"{tag}: another publisher was faster", hint="look at the existing release, then run again"
    )
