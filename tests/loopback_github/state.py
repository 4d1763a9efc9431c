"""What the loopback GitHub keeps: releases and assets, by GitHub's rules."""

from __future__ import annotations

import hashlib
import re
import subprocess
import threading
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal

from tests.loopback_github.contract import example

TokenKind = Literal["classic", "actions", "app", "fine-grained", "absent"]

REFUSALS: Final[dict[TokenKind, tuple[int, str]]] = {
    "classic": (404, "Not Found"),
    "actions": (403, "Resource not accessible by integration"),
    "app": (403, "Resource not accessible by integration"),
    "fine-grained": (403, "Resource not accessible by personal access token"),
    "absent": (403, "Resource not accessible by integration"),
}
"""How GitHub refuses a write; "Troubleshooting the REST API" has the 404 and the words of the 403s."""


@dataclass(slots=True)
class StoredAsset:
    id: int
    name: str
    content: bytes
    content_type: str
    state: str = "uploaded"


@dataclass(slots=True)
class StoredRelease:
    id: int
    tag: str
    commit: str
    title: str | None
    notes: str | None
    draft: bool
    prerelease: bool
    latest: str = "true"
    immutable: bool = False
    assets: list[StoredAsset] = field(default_factory=list)


class ApiError(Exception):
    """A reply that is not a success."""

    def __init__(self, status: int, message: str, *codes: tuple[str, str, str]) -> None:
        super().__init__(message)
        self.status = status
        self.document: dict[str, Any] = {
            "message": message,
            "documentation_url": "https://docs.github.com/rest",
        }
        if codes:
            self.document["errors"] = [
                {"resource": resource, "code": code, "field": place} for resource, code, place in codes
            ]


@dataclass(slots=True)
class Repository:
    """One repository and everything a test may look at or arrange."""

    full_name: str
    api: str = ""
    uploads: str = ""
    keeps_digests: bool = True
    makes_immutable: bool = False
    known_commits: set[str] | None = None
    git: Path | None = None
    token_kind: TokenKind = "classic"
    may_write: bool = True
    page_characters: int = 125_000
    max_assets: int = 1000
    max_asset_bytes: int = 2 * 2**30
    burnt_tags: set[str] = field(default_factory=set)
    releases: dict[int, StoredRelease] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    ids: count[int] = field(default_factory=lambda: count(1001))

    def release(self, number: int) -> StoredRelease:
        if number not in self.releases:
            raise ApiError(404, "Not Found")
        return self.releases[number]

    def asset(self, number: int) -> tuple[StoredRelease, StoredAsset]:
        for release in self.releases.values():
            for asset in release.assets:
                if asset.id == number:
                    return release, asset
        raise ApiError(404, "Not Found")

    def public(self, tag: str) -> StoredRelease | None:
        return next((r for r in self.releases.values() if r.tag == tag and not r.draft), None)

    def comments_of(self, issue: int) -> list[dict[str, Any]]:
        return [each for each in self.comments if each["issue_url"].endswith(f"/issues/{issue}")]

    def comment(self, number: int) -> dict[str, Any]:
        for comment in self.comments:
            if comment["id"] == number:
                return comment
        raise ApiError(404, "Not Found")

    def add_comment(self, issue: int, body: str) -> dict[str, Any]:
        """A comment as GitHub's own example has it."""
        self.require_write()
        number = next(self.ids)
        comment = example("issue-comment") | {
            "id": number,
            "body": self.checked_comment(body),
            "html_url": f"https://github.com/{self.full_name}/pull/{issue}#issuecomment-{number}",
            "issue_url": f"{self.api}/repos/{self.full_name}/issues/{issue}",
        }
        self.comments.append(comment)
        return comment

    def checked_comment(self, body: str) -> str:
        """The limit on a comment; github/community discussion 27190 has the words."""
        if len(body) > 65_536:
            error = ApiError(422, "Validation Failed", ("IssueComment", "unprocessable", "data"))
            error.document["errors"][0]["message"] = "Body is too long (maximum is 65536 characters)"
            raise error
        return body

    def add_pull_request(self, number: int, label: str, commit: str) -> None:
        """An open pull request whose head is `OWNER:BRANCH` at a commit."""
        pull = example("pull-request-simple-items") | {"number": number, "requested_teams": []}
        pull["head"] |= {"label": label, "sha": commit}
        for side in ("head", "base"):
            pull[side]["repo"]["language"] = "C++"
        self.pulls.append(pull)

    def require_write(self) -> None:
        """Refuse a write that the token may not do, in the words that GitHub has for its kind."""
        if not self.may_write:
            status, message = REFUSALS[self.token_kind]
            raise ApiError(status, message)

    def ref_document(self, ref: str) -> dict[str, Any]:
        """A ref of the repository's git folder, as `GET /git/ref/{ref}` shows it."""
        found = self._git("for-each-ref", "--format=%(objectname) %(objecttype)", f"refs/{ref}")
        if not found:
            raise ApiError(404, "Not Found")
        sha, kind = found.splitlines()[0].split()
        base = f"{self.api}/repos/{self.full_name}/git"
        return {
            "ref": f"refs/{ref}",
            "node_id": "UmVm",
            "url": f"{base}/refs/{ref}",
            "object": {"sha": sha, "type": kind, "url": f"{base}/{kind}s/{sha}"},
        }

    def make_missing_tag(self, release: StoredRelease) -> None:
        """Make the lightweight tag that GitHub makes when a release without a tag becomes public.

        Followed: concourse/github-release-resource#33, axodotdev/cargo-dist#1616; "Create a release" in
        GitHub's REST documentation: `target_commitish` is unused if the tag exists already.
        """
        if self.git is not None and not self._git("for-each-ref", f"refs/tags/{release.tag}"):
            commit = self._git("rev-parse", "--verify", "--quiet", f"{release.commit}^{{commit}}")
            if not commit:
                raise ApiError(422, "Validation Failed", ("Release", "invalid", "target_commitish"))
            self._git("update-ref", f"refs/tags/{release.tag}", commit)

    def _git(self, *arguments: str) -> str:
        if self.git is None:
            return ""
        done = subprocess.run(
            ["git", "--git-dir", str(self.git), *arguments], capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    def check_page(self, body: dict[str, Any]) -> None:
        """The limit on a page; the words are those of ncipollo/release-action#493."""
        if len(body.get("body") or "") > self.page_characters:
            error = ApiError(422, "Validation Failed", ("Release", "custom", "body"))
            error.document["errors"][0]["message"] = (
                f"body is too long (maximum is {self.page_characters} characters)"
            )
            raise error

    def create(self, body: dict[str, Any]) -> StoredRelease:
        self.require_write()
        self.check_page(body)
        if self.public(body["tag_name"]):
            raise ApiError(422, "Validation Failed", ("Release", "already_exists", "tag_name"))
        if body["tag_name"] in self.burnt_tags:
            raise ApiError(422, "tag_name was used by an immutable release")
        commit = body.get("target_commitish", "main")
        if self.known_commits is not None and commit not in self.known_commits:
            raise ApiError(422, "Validation Failed", ("Release", "invalid", "target_commitish"))
        release = StoredRelease(
            next(self.ids),
            body["tag_name"],
            body.get("target_commitish", "main"),
            body.get("name"),
            body.get("body"),
            body.get("draft", False),
            body.get("prerelease", False),
        )
        self.releases[release.id] = release
        return release

    def delete(self, release: StoredRelease) -> None:
        self.require_write()
        if release.immutable:
            self.burnt_tags.add(release.tag)
        del self.releases[release.id]

    def edit(self, release: StoredRelease, body: dict[str, Any]) -> None:
        self.require_write()
        self.check_page(body)
        if release.immutable:
            raise ApiError(422, "Cannot edit an immutable release")
        if release.draft:
            release.tag = body.get("tag_name", f"untagged-{release.id:020x}")
        if body.get("draft") is False and release.draft:
            if self.public(release.tag):
                raise ApiError(422, "Validation Failed", ("Release", "already_exists", "tag_name"))
            self.make_missing_tag(release)
            release.draft = False
            release.immutable = self.makes_immutable
        release.title, release.notes = body.get("name", release.title), body.get("body", release.notes)
        release.prerelease = body.get("prerelease", release.prerelease)
        release.latest = body.get("make_latest", release.latest)

    def store(self, release: StoredRelease, name: str, content: bytes, content_type: str) -> StoredAsset:
        self.require_write()
        if release.immutable:
            raise ApiError(422, "Cannot upload assets to an immutable release.")
        if len(release.assets) >= self.max_assets:  # "About releases": up to 1,000 assets
            raise ApiError(422, "Validation Failed", ("ReleaseAsset", "too_many", "assets"))
        if len(content) >= self.max_asset_bytes:  # "About releases": each file must be under 2 GiB
            raise ApiError(422, "Validation Failed", ("ReleaseAsset", "too_large", "size"))
        if not content:
            raise ApiError(400, "Bad Content-Length: ")
        kept = re.sub(r"[^A-Za-z0-9._-]+", ".", name).strip(".")
        if any(asset.name == kept for asset in release.assets):
            raise ApiError(422, "Validation Failed", ("ReleaseAsset", "already_exists", "name"))
        asset = StoredAsset(next(self.ids), kept, content, content_type)
        release.assets.append(asset)
        return asset

    def repository_document(self) -> dict[str, Any]:
        document = example("full-repository-default-response") | {"language": None}
        for key in ("source", "parent", "template_repository"):
            document.pop(key, None)
        owner, name = self.full_name.split("/")
        document |= {"full_name": self.full_name, "name": name, "archived": False, "disabled": False}
        document["owner"]["login"] = owner
        document |= self._permissions()
        if self.token_kind == "absent":
            del document["permissions"]
        return document

    def _permissions(self) -> dict[str, Any]:
        """What the document says of a token; for none of the kinds does it say whether it may write.

        Followed: semantic-release/github#182 (false or absent for tokens of an App), MemberJunction/MJ#4389
        (an installation token has every field false, and writes), IntuneGet#235, gitnotes#876 (fine-grained
        ones), aws-samples/sample-autonomous-cloud-coding-agents#801 (a classic token without scopes: true).
        """
        fields = ("admin", "maintain", "push", "triage", "pull")
        return {"permissions": dict.fromkeys(fields, self.token_kind == "classic")}

    def release_document(self, release: StoredRelease, host: str) -> dict[str, Any]:
        base = f"{self.api}/repos/{self.full_name}/releases/{release.id}"
        uploads = f"{self.uploads}/repos/{self.full_name}/releases/{release.id}/assets"
        shown = f"untagged-{release.id}" if release.draft else release.tag
        return example("release") | {
            "url": base,
            "html_url": f"https://{host}/{self.full_name}/releases/tag/{shown}",
            "assets_url": f"{base}/assets",
            "upload_url": uploads + "{?name,label}",
            "id": release.id,
            "tag_name": release.tag,
            "target_commitish": release.commit,
            "name": release.title,
            "body": release.notes,
            "draft": release.draft,
            "prerelease": release.prerelease,
            "immutable": release.immutable,
            "published_at": None if release.draft else "2026-01-01T00:00:00Z",
            "assets": [self.asset_document(asset) for asset in release.assets[:30]],
        }

    def asset_document(self, asset: StoredAsset) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(asset.content).hexdigest()}"
        return example("release-asset") | {
            "url": f"{self.api}/repos/{self.full_name}/releases/assets/{asset.id}",
            "id": asset.id,
            "name": asset.name,
            "label": None,
            "state": asset.state,
            "size": len(asset.content),
            "content_type": asset.content_type,
            "digest": digest if self.keeps_digests and asset.state == "uploaded" else None,
        }
