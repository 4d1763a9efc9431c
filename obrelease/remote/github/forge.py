"""The forge on GitHub: read its state, act once, and read again after an ambiguous response."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from obrelease.errors import Conflict, IntegrityError, InvalidInput, NotFound, RemoteError
from obrelease.remote.forge.limits import GITHUB_LIMITS
from obrelease.remote.forge.protocol import Act, Asset, NewRelease, Release
from obrelease.remote.github.addresses import web_address
from obrelease.remote.github.client import AmbiguousResponse, Client, RequestRejected, RequestTimedOut
from obrelease.remote.github.request_timing import RequestTiming
from obrelease.remote.github.responses import (
    GitHubRelease,
    parse_assets,
    parse_ref,
    parse_release,
    parse_tag,
    release_body,
)
from obrelease.remote.github.upload import Upload
from obrelease.remote.names import (
    checked_asset,
    checked_claim,
    checked_commit,
    checked_repository,
    checked_sha256,
    checked_tag,
)
from obrelease.storage.durable import write_verified
from obrelease.storage.hashing import digest_chunks
from obrelease.storage.progress import Advance
from obrelease.storage.transfer import TransferProgress, open_for_sending

Result = TypeVar("Result")


class GitHubForge:
    """Releases of one repository on GitHub, or on a GitHub Enterprise Server.

    An asset's name, size and state are always checked, its sha256 if the server reports a
    `digest` (github.com does since June 2025). Otherwise the bytes are compared with their digest
    while they are sent, and an asset that was already there is downloaded and hashed.

    Drafts are found by listing all releases: GitHub does not find them by tag.

    Args:
        repository: `owner/name`.
        token: needs write access to the repository's contents; it never appears in a message.
        api: base address of the REST API; https, or http on this machine.
        timing: spacing of writes, deadlines and waits.

    Raises:
        UsageError: an argument is malformed.
    """

    name = "github"
    limits = GITHUB_LIMITS
    hosts_tags = True

    def __init__(self, repository: str, token: str, api: str, *, timing: RequestTiming | None = None) -> None:
        self.repository = checked_repository(repository)
        self._pace = timing or RequestTiming()
        self._client = Client(api, token, self._pace)
        self._base = f"/repos/{self.repository}"
        self._web = web_address(api)

    def asset_address(self, tag: str, name: str) -> str | None:
        """The download address; a draft's asset is there once it is public."""
        place = f"{quote(checked_tag(tag))}/{checked_asset(name)}"
        return f"{self._web}/{self.repository}/releases/download/{place}"

    def planned_acts(self, tag: str, names: Sequence[str], *, joins: bool = False) -> tuple[Act, ...]:
        """The requests that publishing sends."""
        releases = f"{self._base}/releases"
        one = f"{releases}/{{id}}"
        uploads = [Act("upload", name, f"POST {one}/assets?name={checked_asset(name)}") for name in names]
        looks = [
            Act("look", checked_tag(tag), f"GET {self._base}"),
            Act("look", tag, f"GET {self._base}/git/ref/tags/{tag}"),
            Act("look", tag, f"GET {releases}"),
            Act("look", tag, f"GET {one}"),
            Act("look", tag, f"GET {one}/assets"),
        ]
        if joins:
            return (*looks, *uploads, Act("set-page", tag, f"PATCH {one}"))
        create = Act("create-draft", tag, f"POST {releases}")
        return (*looks, create, *uploads, Act("publish", tag, f"PATCH {one}"))

    def preflight(self) -> None:
        """Check that the repository exists, is not archived, and lists releases to this token."""
        facts = self._client.read(self._base)
        if not isinstance(facts, dict) or not isinstance(facts.get("full_name"), str):
            raise RemoteError(f"GitHub's answer about {self.repository} is not a repository")
        if facts["full_name"].lower() != self.repository.lower():
            raise RemoteError(
                f"{self.repository} is now called {facts['full_name']}", hint="use the new name"
            )
        if facts.get("archived") or facts.get("disabled"):
            raise RemoteError(f"{self.repository} is archived or disabled: nothing can be released there")
        # `permissions.push` proves nothing: it is false or absent for tokens of GitHub Apps, of Actions and
        # fine-grained ones that can write (semantic-release/github#182), and true for a classic token
        # without scopes. The first write, an empty draft, is the proof.
        self._client.read(f"{self._base}/releases", {"per_page": 1})

    def tag_object(self, tag: str) -> str | None:
        """The object of the tag in the repository on GitHub."""
        path = f"{self._base}/git/ref/tags/{quote(checked_tag(tag))}"
        try:
            return parse_ref(self._client.read(path), f"refs/tags/{tag}")
        except RequestRejected as error:
            if error.status in {404, 409}:  # 409: the repository is empty
                return None
            raise

    def find(self, tag: str) -> Release | None:
        """The only release of a tag, drafts included; Conflict if there are several."""
        held = self._listed(checked_tag(tag))
        if len(held) > 1:
            places = ", ".join(entry.release.url for entry in held)
            raise Conflict(
                f"{len(held)} releases of {self.repository} have the tag {tag}: {places}",
                hint="delete the drafts that are not needed",
            )
        return self._with_assets(held[0]).release if held else None

    def find_claimed(self, tag: str, claim: str) -> Release | None:
        """The draft with this claim, among all drafts of the tag."""
        wanted = checked_claim(claim)
        held = self._listed(checked_tag(tag))
        return next((h.release for h in held if h.release.draft and h.release.claim == wanted != ""), None)

    def create_draft(self, new: NewRelease) -> Release:
        """Make an empty draft. Of two concurrent publishers, the one with the older draft continues."""
        checked_commit(new.commit)
        if len(release_body(new.notes, checked_claim(new.claim))) > GITHUB_LIMITS.page_characters:
            most = GITHUB_LIMITS.page_characters
            raise InvalidInput(f"the page of {new.tag} is longer than GitHub's {most} characters")
        if (present := self.find(new.tag)) is not None:
            raise Conflict(f"{new.tag}: a release of this tag exists already: {present.url}")
        created = self._retried(lambda: self._post_draft(new), lambda: self._created(new))
        oldest = min((entry.number for entry in self._listed(new.tag)), default=created.number)
        if oldest < created.number:
            self.delete_draft(created.release)
            raise Conflict(f"{new.tag}: another publisher was faster", hint="wait for it, then run again")
        return created.release

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
        """Send one file from the open file that was hashed, then read back what GitHub stored."""
        checked_asset(name)
        with open_for_sending(path, checked_sha256(sha256), advance) as source:
            upload = Upload(
                self._client,
                self._base,
                name,
                source,
                open_draft=lambda: self._current(release) if joins else self._open_draft(release),
                read_back=lambda asset: self._read_back(release, asset),
            )
            asset = upload.find_stored() or self._retried(upload.send, upload.find_stored)
            source.finish()
            return asset

    def download(self, release: Release, asset: Asset, target: Path, advance: Advance) -> None:
        """Stream an asset to a new file; size and digest must be the reported ones."""
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
        self._retried(lambda: self._client.download(what, path, asset.size, take), lambda: None)

    def publish(self, release: Release) -> Release:
        """Make the draft public; a prerelease never becomes the latest release. Idempotent."""
        held = self._current(release)
        if not held.release.draft:
            return held.release
        if [entry.number for entry in self._listed(release.tag)] != [held.number]:
            raise Conflict(f"{release.tag}: this draft is not the only release of the tag")
        if broken := [asset.name for asset in held.release.assets if not asset.complete]:
            raise IntegrityError(
                f"{release.tag}: incomplete on GitHub: {', '.join(broken)}", hint="upload again"
            )
        return self._retried(lambda: self._make_public(held), lambda: self._published(release))

    def set_page(self, release: Release, notes: str) -> Release:
        """Replace the notes alone; the tag is repeated, because GitHub takes it from a draft otherwise."""
        body = {"tag_name": release.tag, "body": notes}
        path = f"{self._base}/releases/{int(release.id)}"

        def write() -> Release:
            self._client.write("PATCH", path, body, 200)
            return self._current(release).release

        def shown() -> Release | None:
            current = self._current(release).release
            return current if _same_text(current.notes, notes) else None

        return self._retried(write, shown)

    def delete_draft(self, release: Release) -> None:
        """Remove a draft and its assets; it may be gone already."""
        if not self._is_gone(release):
            self._retried(lambda: self._delete(release), lambda: self._is_gone(release) or None)

    def _retried(self, act: Callable[[], Result], read: Callable[[], Result | None]) -> Result:
        """Act; after an ambiguous response read whether it happened, and act again only if not."""
        for attempt in range(self._pace.attempts):
            try:
                return act()
            except AmbiguousResponse as error:
                ambiguous = error
            self._pace.before_retry(attempt)
            if (found := read()) is not None:
                return found
            if isinstance(ambiguous, RequestTimedOut):
                break
        raise ambiguous

    def _post_draft(self, new: NewRelease) -> GitHubRelease:
        body = {
            "tag_name": new.tag,
            "target_commitish": new.commit,
            "name": new.title,
            "body": release_body(new.notes, new.claim),
            "draft": True,
            "prerelease": new.prerelease,
        }
        try:
            held = parse_release(self._client.write("POST", f"{self._base}/releases", body, 201))
        except RequestRejected as error:
            if "already_exists" in error.codes:
                raise Conflict(f"{new.tag}: a release of this tag exists already") from None
            if "target_commitish" in error.fields:
                raise NotFound(f"GitHub does not have the commit {new.commit[:12]} yet") from None
            raise
        if not _is_as_requested(held.release, new):
            raise AmbiguousResponse(f"GitHub created a draft of {new.tag} with other contents than requested")
        return held

    def _created(self, new: NewRelease) -> GitHubRelease | None:
        """The draft of an ambiguous creation, if it exists and has the requested contents."""
        held = self._listed(new.tag)
        if len(held) > 1 or any(not _is_as_requested(entry.release, new) for entry in held):
            raise Conflict(
                f"{new.tag}: another release of this tag appeared", hint="look at it, then run again"
            )
        return held[0] if held else None

    def _make_public(self, held: GitHubRelease) -> Release:
        # Without tag_name GitHub removes the tag from a draft that is edited.
        body = {
            "tag_name": held.release.tag,
            "body": held.release.notes,
            "draft": False,
            "prerelease": held.release.prerelease,
            "make_latest": "false" if held.release.prerelease else "legacy",
        }
        path = f"{self._base}/releases/{held.number}"
        answered = parse_release(self._client.write("PATCH", path, body, 200)).release
        shown = self._published(held.release)
        if answered.draft or answered.id != held.release.id or shown is None:
            raise AmbiguousResponse(
                f"GitHub acknowledged the publication of {held.release.tag}, but still shows a draft"
            )
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
        except RequestRejected as error:
            if error.status == 404:
                return True
            raise
        return False

    def _listed(self, tag: str) -> list[GitHubRelease]:
        entries = self._client.read_all(f"{self._base}/releases")
        return sorted(
            (parse_release(e) for e in entries if parse_tag(e) == tag), key=lambda held: held.number
        )

    def _with_assets(self, held: GitHubRelease) -> GitHubRelease:
        # The list inside the release document may be incomplete; the list of assets has pages.
        entries = self._client.read_all(f"{self._base}/releases/{held.number}/assets")
        return held.with_assets(parse_assets(entries))

    def _current(self, release: Release) -> GitHubRelease:
        held = parse_release(self._client.read(f"{self._base}/releases/{int(release.id)}"))
        if (held.release.id, held.release.tag) != (release.id, release.tag):
            raise Conflict(f"{release.tag}: release {release.id} is now of the tag {held.release.tag!r}")
        return self._with_assets(held)

    def _open_draft(self, release: Release) -> GitHubRelease:
        held = self._current(release)
        if not held.release.draft:
            raise Conflict(f"{release.tag} is public; it and its assets are never changed or deleted")
        return held


def _is_as_requested(release: Release, new: NewRelease) -> bool:
    actual = (release.tag, release.title, release.prerelease, release.draft, release.assets, release.claim)
    return actual == (new.tag, new.title, new.prerelease, True, (), new.claim)


def _same_text(one: str, other: str) -> bool:
    """Whether two texts are equal but for line ends, which GitHub may change."""
    return one.split() == other.split()


def _counted(blocks: Iterator[bytes], progress: TransferProgress) -> Iterator[bytes]:
    offset = 0
    for block in blocks:
        offset += len(block)
        yield block
        progress.reached(offset)
