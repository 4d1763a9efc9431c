"""The Forge on GitHub: look, act once, and look again whenever an answer was unclear."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

from obrelease.errors import Conflict, IntegrityError, InvalidInput, NotFound, RemoteError
from obrelease.remote.forge.names import (
    checked_asset,
    checked_claim,
    checked_commit,
    checked_repository,
    checked_sha256,
    checked_tag,
)
from obrelease.remote.forge.protocol import Act, Asset, NewRelease, Release
from obrelease.remote.github.client import Ambiguous, Client, Refused, TimedOut
from obrelease.remote.github.responses import Held, assets_of, body_of, held_of, tag_of
from obrelease.remote.github.retry import Pace
from obrelease.remote.github.upload import Upload
from obrelease.storage.durable import write_verified
from obrelease.storage.hashing import digest_chunks
from obrelease.storage.progress import Advance
from obrelease.storage.transfer import TransferProgress, open_for_sending

MAX_NOTES: Final = 125_000
"""GitHub's limit on the characters of a release's notes."""

Result = TypeVar("Result")


class GitHubForge:
    """Releases of one repository on GitHub, or on a GitHub Enterprise Server.

    What is proved of an asset: its name, size and state always, its sha256 wherever the
    server reports a `digest` (github.com has since June 2025). Where it reports none, the
    bytes were compared with their digest while they were sent and acknowledged, and an asset
    that was found there is downloaded and hashed.

    Drafts are found by listing only, since GitHub does not know them by tag.

    Args:
        repository: `owner/name`.
        token: needs write access to the repository's contents; it is never part of a message.
        api: base address of the REST API; https, or http on this machine.
        pace: spacing, deadlines and waits.

    Raises:
        UsageError: an argument is malformed.
    """

    name = "github"

    def __init__(self, repository: str, token: str, api: str, *, pace: Pace | None = None) -> None:
        self.repository = checked_repository(repository)
        self._pace = pace or Pace()
        self._client = Client(api, token, self._pace)
        self._base = f"/repos/{self.repository}"

    def outline(self, tag: str, names: Sequence[str]) -> tuple[Act, ...]:
        """What publishing asks of the API."""
        releases = f"{self._base}/releases"
        one = f"{releases}/{{id}}"
        return (
            Act("look", checked_tag(tag), f"GET {self._base}"),
            Act("look", tag, f"GET {releases}"),
            Act("look", tag, f"GET {one}"),
            Act("look", tag, f"GET {one}/assets"),
            Act("create-draft", tag, f"POST {releases}"),
            *(Act("upload", name, f"POST {one}/assets?name={checked_asset(name)}") for name in names),
            Act("publish", tag, f"PATCH {one}"),
        )

    def preflight(self) -> None:
        """Prove that the repository is there, is writable by the token, and lists releases."""
        facts = self._client.read(self._base)
        if not isinstance(facts, dict) or not isinstance(facts.get("full_name"), str):
            raise RemoteError(f"GitHub's answer about {self.repository} is not a repository")
        if facts["full_name"].lower() != self.repository.lower():
            raise RemoteError(
                f"{self.repository} is now called {facts['full_name']}", hint="use the new name"
            )
        if facts.get("archived") or facts.get("disabled"):
            raise RemoteError(f"{self.repository} is archived or disabled: nothing can be released there")
        permissions = facts.get("permissions")
        if isinstance(permissions, dict) and permissions.get("push") is not True:
            raise RemoteError(f"the token may not write to {self.repository}", hint="give it contents: write")
        self._client.read(f"{self._base}/releases", {"per_page": 1})

    def find(self, tag: str) -> Release | None:
        """The one release of a tag, drafts included; Conflict if several answer to it."""
        held = self._listed(checked_tag(tag))
        if len(held) > 1:
            places = ", ".join(entry.release.url for entry in held)
            raise Conflict(
                f"{len(held)} releases of {self.repository} answer to {tag}: {places}",
                hint="delete the drafts that are not wanted",
            )
        return self._with_assets(held[0]).release if held else None

    def claimed(self, tag: str, claim: str) -> Release | None:
        """The draft that carries this claim, among all drafts of the tag."""
        wanted = checked_claim(claim)
        held = self._listed(checked_tag(tag))
        return next((h.release for h in held if h.release.draft and h.release.claim == wanted != ""), None)

    def create_draft(self, new: NewRelease) -> Release:
        """Make an empty draft. Of two publishers at once, the one with the older draft goes on."""
        checked_commit(new.commit)
        if len(body_of(new.notes, checked_claim(new.claim))) > MAX_NOTES:
            raise InvalidInput(f"the notes of {new.tag} are longer than GitHub's {MAX_NOTES} characters")
        if (present := self.find(new.tag)) is not None:
            raise Conflict(f"{new.tag}: a release of this tag exists already: {present.url}")
        created = self._settled(lambda: self._post_draft(new), lambda: self._ours(new))
        oldest = min((entry.number for entry in self._listed(new.tag)), default=created.number)
        if oldest < created.number:
            self.delete_draft(created.release)
            raise Conflict(f"{new.tag}: another publisher was faster", hint="wait for it, then run again")
        return created.release

    def upload(self, release: Release, name: str, path: Path, sha256: str, advance: Advance) -> Asset:
        """Send one file from the descriptor that was hashed, then read back what GitHub keeps."""
        checked_asset(name)
        with open_for_sending(path, checked_sha256(sha256), advance) as source:
            upload = Upload(
                self._client,
                self._base,
                name,
                source,
                open_draft=lambda: self._open_draft(release),
                read_back=lambda asset: self._read_back(release, asset),
            )
            asset = upload.look() or self._settled(upload.send, upload.look)
            source.finish()
            return asset

    def download(self, release: Release, asset: Asset, target: Path, advance: Advance) -> None:
        """Stream an asset to a new file, compared with the size and digest that were reported."""
        progress = TransferProgress(advance)

        def take(blocks: Iterator[bytes]) -> None:
            write_verified(target, _counted(blocks, progress), asset.size, asset.sha256)

        self._fetch(release, asset, take)

    def _read_back(self, release: Release, asset: Asset) -> tuple[str, int]:
        """The sha256 and the size of an asset, downloaded."""
        found: list[tuple[str, int]] = []
        self._fetch(release, asset, lambda blocks: found.append(digest_chunks(blocks)))
        return found[-1]

    def _fetch(self, release: Release, asset: Asset, take: Callable[[Iterator[bytes]], None]) -> None:
        path = f"{self._base}/releases/assets/{int(asset.id)}"
        what = f"download of {asset.name} of {release.tag}"
        self._settled(lambda: self._client.receive(what, path, asset.size, take), lambda: None)

    def publish(self, release: Release) -> Release:
        """Flip the draft to public; a prerelease never becomes the latest. Idempotent."""
        held = self._current(release)
        if not held.release.draft:
            return held.release
        if [entry.number for entry in self._listed(release.tag)] != [held.number]:
            raise Conflict(f"{release.tag}: this draft is not the only release of the tag")
        if broken := [asset.name for asset in held.release.assets if not asset.complete]:
            raise IntegrityError(
                f"{release.tag}: incomplete on GitHub: {', '.join(broken)}", hint="upload again"
            )
        return self._settled(lambda: self._flip(held), lambda: self._published(release))

    def delete_draft(self, release: Release) -> None:
        """Remove a draft and its assets; one that is gone already is fine."""
        if not self._is_gone(release):
            self._settled(lambda: self._delete(release), lambda: self._is_gone(release) or None)

    def _settled(self, act: Callable[[], Result], look: Callable[[], Result | None]) -> Result:
        """Act; after an unclear answer look whether it happened, and only if not act again."""
        for attempt in range(self._pace.attempts):
            try:
                return act()
            except Ambiguous as error:
                unclear = error
            self._pace.before_retry(attempt)
            if (found := look()) is not None:
                return found
            if isinstance(unclear, TimedOut):
                break
        raise unclear

    def _post_draft(self, new: NewRelease) -> Held:
        body = {
            "tag_name": new.tag,
            "target_commitish": new.commit,
            "name": new.title,
            "body": body_of(new.notes, new.claim),
            "draft": True,
            "prerelease": new.prerelease,
        }
        try:
            held = held_of(self._client.write("POST", f"{self._base}/releases", body, 201))
        except Refused as error:
            if "already_exists" in error.codes:
                raise Conflict(f"{new.tag}: a release of this tag exists already") from None
            if "target_commitish" in error.fields:
                raise NotFound(f"GitHub does not have the commit {new.commit[:12]} yet") from None
            raise
        if not _is_made_of(held.release, new):
            raise Ambiguous(f"GitHub made something else than the draft of {new.tag} that it was asked for")
        return held

    def _ours(self, new: NewRelease) -> Held | None:
        """The draft that an unclear creation left behind, if it is there and is as asked for."""
        held = self._listed(new.tag)
        if len(held) > 1 or any(not _is_made_of(entry.release, new) for entry in held):
            raise Conflict(
                f"{new.tag}: another release of this tag appeared", hint="look at it, then run again"
            )
        return held[0] if held else None

    def _flip(self, held: Held) -> Release:
        # Without tag_name GitHub takes the tag away from a draft that is edited.
        body = {
            "tag_name": held.release.tag,
            "body": held.release.notes,
            "draft": False,
            "prerelease": held.release.prerelease,
            "make_latest": "false" if held.release.prerelease else "legacy",
        }
        path = f"{self._base}/releases/{held.number}"
        said = held_of(self._client.write("PATCH", path, body, 200)).release
        shown = self._published(held.release)
        if said.draft or said.id != held.release.id or shown is None:
            raise Ambiguous(f"GitHub says it published {held.release.tag}, and still shows a draft")
        return shown

    def _published(self, release: Release) -> Release | None:
        shown = self._current(release).release
        return None if shown.draft else shown

    def _delete(self, release: Release) -> bool:
        self._client.write("DELETE", f"{self._base}/releases/{int(release.id)}", None, 204)
        return True

    def _is_gone(self, release: Release) -> bool:
        try:
            self._open_draft(release)
        except Refused as error:
            if error.status == 404:
                return True
            raise
        return False

    def _listed(self, tag: str) -> list[Held]:
        entries = self._client.read_all(f"{self._base}/releases")
        return sorted((held_of(e) for e in entries if tag_of(e) == tag), key=lambda held: held.number)

    def _with_assets(self, held: Held) -> Held:
        # The list inside the release document may be cut short; its own list has pages.
        entries = self._client.read_all(f"{self._base}/releases/{held.number}/assets")
        return held.with_assets(assets_of(entries))

    def _current(self, release: Release) -> Held:
        held = held_of(self._client.read(f"{self._base}/releases/{int(release.id)}"))
        if (held.release.id, held.release.tag) != (release.id, release.tag):
            raise Conflict(f"{release.tag}: release {release.id} is now of the tag {held.release.tag!r}")
        return self._with_assets(held)

    def _open_draft(self, release: Release) -> Held:
        held = self._current(release)
        if not held.release.draft:
            raise Conflict(f"{release.tag} is public; it and its assets are never changed or deleted")
        return held


def _is_made_of(release: Release, new: NewRelease) -> bool:
    said = (release.tag, release.title, release.prerelease, release.draft, release.assets, release.claim)
    return said == (new.tag, new.title, new.prerelease, True, (), new.claim)


def _counted(blocks: Iterator[bytes], progress: TransferProgress) -> Iterator[bytes]:
    offset = 0
    for block in blocks:
        offset += len(block)
        yield block
        progress.reached(offset)
