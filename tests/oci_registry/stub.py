"""A registry by the OCI distribution specification 1.1, with native referrers, that lies on demand."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

INDEX: Final = "application/vnd.oci.image.index.v1+json"
_ROUTE: Final = re.compile(
    r"/v2/(?P<name>.+)/(?P<kind>blobs/uploads|blobs|manifests|tags|referrers)/(?P<last>[^/]*)"
)


@dataclass
class Reply:
    """What is answered; a lie changes it."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    endless: bool = False
    cut_at: int | None = None


Lie = Callable[[Reply], Reply | None]
"""Changes a reply, or leaves it (None)."""


@dataclass
class StubRegistry:
    """The server and its content.

    Attributes:
        lies: patterns of `METHOD path`, each with what it makes of the true reply.
        seen: every request, as `METHOD path`.
        authorizations: the header of every request.
    """

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    tagged: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    lies: list[tuple[re.Pattern[str], Lie]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    guard: Callable[[str, dict[str, str]], Reply | None] = lambda *_: None
    native_referrers: bool = True
    tags_per_page: int = 1000
    _server: ThreadingHTTPServer | None = None
    _lock: Any = field(default_factory=threading.RLock)

    def start(self) -> None:
        """Serve on a free port of the loopback address."""
        registry = self

        class Handler(_Handler):
            stub = registry

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Close the port."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    @property
    def host(self) -> str:
        """Host and port."""
        assert self._server is not None
        return f"127.0.0.1:{self._server.server_address[1]}"

    def place(self, path: str = "team/results") -> str:
        """A repository of it; all repositories share their content."""
        return f"oci://{self.host}/{path}"

    def lie(self, pattern: str, change: Lie) -> None:
        """Answer requests that match `METHOD path` in another way."""
        self.lies.append((re.compile(pattern), change))

    def answer(self, verb: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        """The reply, after the lies."""
        with self._lock:
            self.seen.append(f"{verb} {target}")
            self.authorizations.append(headers.get("authorization", ""))
            refused = self.guard(f"{verb} {target}", headers)
            reply = refused or self._true_answer(verb, target, headers, body)
            for pattern, change in self.lies:
                if pattern.search(f"{verb} {target}"):
                    reply = change(reply) or reply
            return reply

    def _true_answer(self, verb: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        match = _ROUTE.fullmatch(parts.path)
        if match is None:
            return Reply(200 if parts.path == "/v2/" else 404)
        name, kind, last = match["name"], match["kind"], match["last"]
        if kind == "blobs/uploads":
            return self._upload(verb, name, last, query, headers, body)
        if kind == "blobs":
            return self._blob(last, headers)
        if kind == "manifests":
            return self._put_manifest(last, headers, body) if verb == "PUT" else self._manifest(last)
        return self._tags(name, query) if kind == "tags" else self._referrers(last)

    def _upload(
        self, verb: str, name: str, last: str, query: dict[str, str], headers: dict[str, str], body: bytes
    ) -> Reply:
        if verb == "POST":
            last = f"upload-{len(self.uploads)}"
            self.uploads[last] = bytearray()
        elif last not in self.uploads:
            return _error(404, "BLOB_UPLOAD_UNKNOWN")
        held = self.uploads[last]
        location = {"Location": f"/v2/{name}/blobs/uploads/{last}", "Range": f"0-{max(len(held) - 1, 0)}"}
        if verb == "POST":
            return Reply(202, headers=location)
        if verb == "GET":
            return Reply(204, headers=location)
        start = headers.get("content-range", f"{len(held)}-").partition("-")[0]
        if int(start) != len(held):
            return Reply(416, headers=location)
        held += body
        if verb == "PATCH":
            return Reply(202, headers=location | {"Range": f"0-{len(held) - 1}"})
        digest = f"sha256:{hashlib.sha256(held).hexdigest()}"
        if query.get("digest") != digest:
            return _error(400, "DIGEST_INVALID")
        self.blobs[digest] = bytes(held)
        del self.uploads[last]
        return Reply(201, headers={"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest})

    def _blob(self, digest: str, headers: dict[str, str]) -> Reply:
        if digest not in self.blobs:
            return _error(404, "BLOB_UNKNOWN")
        data, first = self.blobs[digest], headers.get("range", "")
        described = {"Docker-Content-Digest": digest, "Content-Type": "application/octet-stream"}
        if first:
            return Reply(206, data[int(first.removeprefix("bytes=").partition("-")[0]) :], described)
        return Reply(200, data, described)

    def _manifest(self, reference: str) -> Reply:
        digest = self.tagged.get(reference, reference)
        if digest not in self.manifests:
            return _error(404, "MANIFEST_UNKNOWN")
        data, media_type = self.manifests[digest]
        return Reply(200, data, {"Content-Type": media_type, "Docker-Content-Digest": digest})

    def _put_manifest(self, reference: str, headers: dict[str, str], body: bytes) -> Reply:
        value, digest = json.loads(body), f"sha256:{hashlib.sha256(body).hexdigest()}"
        named = [value["config"], *value["layers"]] if "layers" in value else []
        if any(each["digest"] not in self.blobs for each in named):
            return _error(400, "MANIFEST_BLOB_UNKNOWN")
        self.manifests[digest] = (body, headers["content-type"])
        if reference != digest:
            self.tagged[reference] = digest
        subject = value.get("subject")
        kept = {"OCI-Subject": subject["digest"]} if subject and self.native_referrers else {}
        return Reply(201, headers={"Docker-Content-Digest": digest, **kept})

    def _tags(self, name: str, query: dict[str, str]) -> Reply:
        listed = sorted(tag for tag in self.tagged if tag > query.get("last", ""))
        count = min(int(query.get("n", self.tags_per_page)), self.tags_per_page)
        page, headers = listed[:count], {"Content-Type": "application/json"}
        if len(listed) > count:
            headers["Link"] = f'</v2/{name}/tags/list?n={count}&last={page[-1]}>; rel="next"'
        return Reply(200, json.dumps({"name": name, "tags": page}).encode(), headers)

    def _referrers(self, digest: str) -> Reply:
        if not self.native_referrers:
            return Reply(404)
        found = []
        for own, (data, media_type) in sorted(self.manifests.items()):
            value = json.loads(data)
            if (value.get("subject") or {}).get("digest") == digest:
                entry = {"mediaType": media_type, "digest": own, "size": len(data)}
                found.append(entry | {"artifactType": value.get("artifactType")})
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": found}
        return Reply(200, json.dumps(document).encode(), {"Content-Type": INDEX})


def _error(status: int, code: str) -> Reply:
    return Reply(status, json.dumps({"errors": [{"code": code, "message": "as it is"}]}).encode())


class _Handler(BaseHTTPRequestHandler):
    stub: StubRegistry
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True

    def log_message(self, *arguments: object) -> None:
        """Say nothing: the tests look at `seen`."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        verb = self.command
        reply = self.stub.answer(verb, self.path, headers, body)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not reply.endless and "Content-Length" not in reply.headers:
            self.send_header("Content-Length", str(len(reply.body)))
        if reply.endless:
            self.send_header("Connection", "close")
        self.end_headers()
        if verb == "HEAD":
            return
        self.close_connection |= (
            reply.endless or reply.cut_at is not None or "Content-Length" in reply.headers
        )
        try:
            self.wfile.write(reply.body[: reply.cut_at])
            while reply.endless:
                self.wfile.write(bytes(65536))
        except OSError:
            self.close_connection = True


for _verb in ("HEAD", "POST", "PUT", "PATCH", "DELETE"):
    setattr(_Handler, f"do_{_verb}", _Handler.do_GET)
