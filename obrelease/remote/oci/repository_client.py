"""One repository of a registry: its blobs, manifests, tags and referrers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urljoin, urlsplit

from obrelease.errors import IntegrityError, RemoteError
from obrelease.remote.oci.blob_download import BlobDownload
from obrelease.remote.oci.blob_upload import BlobUpload, ReadAt, UploadNotes
from obrelease.remote.oci.descriptor import (
    EMPTY_BYTES,
    EMPTY_CONFIG,
    INDEX,
    MANIFEST,
    Descriptor,
    parse_digest,
    parse_document,
    parse_index,
)
from obrelease.remote.oci.transport import Answer, RegistryRejected, Request, Transport
from obrelease.remote.plain_addresses import is_same_origin
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.progress import Advance

_ACCEPT: Final = {"Accept": f"{MANIFEST}, {INDEX}"}
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_NEXT: Final = re.compile(r'<([^<>]{1,2000})>\s*;\s*rel="?next"?')
_TAGS_PER_PAGE: Final = 1000
_MAX_PAGES: Final = 4000
_ABSENT: Final = frozenset({404})


class RepositoryClient:
    """Blobs, manifests, tags and referrers of one repository; it may be used by several threads."""

    def __init__(self, transport: Transport, notes: UploadNotes) -> None:
        self.transport = transport
        self._notes = notes
        self._base = transport.place.base

    @property
    def where(self) -> str:
        """The place, for messages."""
        return str(self.transport.place)

    def has_blob(self, sha256: str) -> bool:
        """Whether the registry says that it has a blob."""
        request = Request("HEAD", self._blob(sha256), f"blob sha256:{sha256}: look-up", accepted=_ABSENT)
        return self.transport.send(request).status == 200

    def fetch_blob(
        self,
        sha256: str,
        sink: Callable[[bytes], object],
        *,
        size: int | None = None,
        limit: int = 0,
        advance: Advance = lambda _: None,
    ) -> None:
        """Pass the bytes of a blob to `sink`.

        Args:
            size: the expected size; else `limit` is the largest one.

        Raises:
            IntegrityError: they do not have the digest or the size; what was passed on is worthless.
            RegistryRejected: with status 404 if it is not there.
        """
        BlobDownload(sha256, size, limit, sink, advance).receive(self.transport, self._base)

    def read_blob(self, sha256: str, *, size: int | None = None, limit: int) -> bytes:
        """The bytes of a small blob, with the digest; raises as `fetch_blob`."""
        data = bytearray()
        self.fetch_blob(sha256, data.extend, size=size, limit=limit)
        return bytes(data)

    def push_blob(
        self, sha256: str, size: int, read: ReadAt, *, advance: Callable[[int], None] = lambda _: None
    ) -> None:
        """Send a blob; raises `RemoteError`."""
        BlobUpload(self.transport, self._base, sha256, size, read, notes=self._notes, advance=advance).send()

    def push_empty_config(self) -> None:
        """Send the config of manifests that need none, unless it is there; raises `RemoteError`."""
        if not self.has_blob(EMPTY_CONFIG.sha256):
            self.push_bytes(EMPTY_CONFIG.sha256, EMPTY_BYTES)

    def push_bytes(self, sha256: str, data: bytes) -> None:
        """Send a small blob; raises `RemoteError`."""
        self.push_blob(sha256, len(data), lambda offset, count: data[offset : offset + count])

    def manifest_digest(self, reference: str) -> str | None:
        """The digest that the registry states for a tag or digest; None if there is none: a hint."""
        request = Request(
            "HEAD", self._manifest(reference), f"manifest {reference}: look-up", _ACCEPT, accepted=_ABSENT
        )
        answer = self.transport.send(request)
        if answer.status != 200:
            return None
        stated = answer.headers.get("docker-content-digest")
        return parse_digest(stated, f"{self.where}: manifest {reference}") if stated else ""

    def read_manifest(self, reference: str) -> tuple[bytes, str] | None:
        """The bytes of a manifest or index and their media type; None if there is none.

        Raises:
            IntegrityError: `reference` is a digest, and the bytes have another one.
        """
        request = Request(
            "GET", self._manifest(reference), f"manifest {reference}", _ACCEPT, accepted=_ABSENT
        )
        answer = self.transport.send(request)
        if answer.status != 200:
            return None
        found = f"sha256:{digest_bytes(answer.body)}"
        if reference.startswith("sha256:") and found != reference:
            raise IntegrityError(f"{self.where}: manifest {reference}: the registry sent {found}")
        return answer.body, answer.headers.get("content-type", "").partition(";")[0].strip()

    def push_manifest(self, reference: str, data: bytes, media_type: str = MANIFEST) -> bool:
        """Put a manifest under a tag or its digest.

        Returns:
            Whether the registry keeps track of its subject by itself (the header `OCI-Subject`).
        """
        request = Request(
            "PUT",
            self._manifest(reference),
            f"manifest {reference}: upload",
            {"Content-Type": media_type},
            data,
        )
        answer = self._sent_again_if_invalid(request)
        if answer.status != 201:
            raise RemoteError(
                f"{self.where}: manifest {reference}: upload: status {answer.status}, expected 201"
            )
        stated = answer.headers.get("docker-content-digest")
        if stated and stated != f"sha256:{digest_bytes(data)}":
            raise IntegrityError(f"{self.where}: manifest {reference}: the registry stored {stated[:80]!a}")
        return "oci-subject" in answer.headers

    def tags(self) -> Iterator[str]:
        """All tags of the repository, in the registry's order; empty if the repository does not exist.

        Raises:
            RemoteError: a page is malformed, or the list does not end.
        """
        url, seen = f"{self._base}/tags/list?n={_TAGS_PER_PAGE}", ""
        for _ in range(_MAX_PAGES):
            answer = self.transport.send(Request("GET", url, "list of tags", accepted=_ABSENT))
            if answer.status != 200:
                return
            listed = parse_document(answer.body, f"{self.where}: list of tags").get("tags")
            if not isinstance(listed, list | None):
                raise RemoteError(f"{self.where}: list of tags: has no list")
            yield from (tag for tag in listed or [] if isinstance(tag, str) and _TAG.fullmatch(tag))
            link = _NEXT.search(answer.headers.get("link", ""))
            if link is None or not listed or listed[-1] == seen:
                return
            seen, url = listed[-1], self._own(urljoin(answer.url, link[1]))
        raise RemoteError(f"{self.where}: list of tags: does not end")

    def referrers(self, sha256: str) -> tuple[Descriptor, ...] | None:
        """What the registry's own list has of manifests about a subject; None if it keeps no such list."""
        url, found = f"{self._base}/referrers/sha256:{sha256}", list[Descriptor]()
        what = f"referrers of sha256:{sha256}"
        for _ in range(_MAX_PAGES):
            answer = self.transport.send(Request("GET", url, what, accepted=frozenset({400, 404, 405})))
            kind = answer.headers.get("content-type", "").partition(";")[0].strip()
            if answer.status != 200 or kind != INDEX:
                return None
            found += parse_index(answer.body, f"{self.where}: {what}")
            link = _NEXT.search(answer.headers.get("link", ""))
            if link is None:
                return tuple(found)
            url = self._own(urljoin(answer.url, link[1]))
        raise RemoteError(f"{self.where}: {what}: the list does not end")

    def _sent_again_if_invalid(self, request: Request) -> Answer:
        """Put a manifest, several times if it is called invalid.

        docker-registry 2.8 writes the link of a blob in place: while another client pushes the same blob, a
        manifest that names it is refused for a moment.
        """
        for attempt in range(self.transport.timing.attempts - 1):
            try:
                return self.transport.send(request)
            except RegistryRejected as error:
                if error.status != 400:
                    raise
                self.transport.timing.before_retry(attempt)
        return self.transport.send(request)

    def _own(self, url: str) -> str:
        if not is_same_origin(urljoin(url, "/"), f"{self.transport.place.origin}/") or urlsplit(url).fragment:
            raise RemoteError(f"{self.where}: the next page of a list is on another host")
        return url

    def _blob(self, sha256: str) -> str:
        return f"{self._base}/blobs/sha256:{sha256}"

    def _manifest(self, reference: str) -> str:
        return f"{self._base}/manifests/{reference}"
