"""GitHub's own client (Debian's package `gh`) downloads a release and finds the very bytes.

`gh` speaks plain HTTP to `api.github.localhost` alone, so a proxy of one line per request leads it here.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.loopback_github.client import started
from tests.loopback_github.running import REPOSITORY
from tests.loopback_github.server import TOKEN, LoopbackGitHub
from tests.unit.release.project import make_project

TAG = "v0.9-beta"


@contextmanager
def leading_to(api: str) -> Iterator[str]:
    """A proxy that sends every GET to the loopback GitHub."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            connection = http.client.HTTPConnection("127.0.0.1", parts.port or urlsplit(api).port or 80)
            # Go takes the download host, a name below `localhost`, for the same site and keeps the token.
            left_out = {"Host", "Proxy-Connection"} | (
                {"Authorization"} if "/signed/" in parts.path else set()
            )
            headers = {k: v for k, v in self.headers.items() if k not in left_out}
            address = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", address, headers=headers | {"Host": "localhost"})
            reply = connection.getresponse()
            body = reply.read()
            connection.close()
            self.send_response(reply.status)
            for name in ("Content-Type", "Location"):
                if value := reply.getheader(name):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            """GraphQL is asked for drafts; there is none."""
            body = b'{"data": {"repository": {"release": null}}}'
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.nightly
def test_gh_downloads_the_bytes(tmp_path: Path, github: LoopbackGitHub) -> None:
    project = make_project(tmp_path)
    github.repository.git = project.remote
    client = started(project.root, tmp_path, github.api, "publish", TAG, "--remote", "origin")
    _, said = client.communicate()
    assert client.returncode == 0, said
    (release,) = github.repository.releases.values()
    with leading_to(github.api) as proxy:
        done = subprocess.run(
            ["gh", "release", "download", TAG, "--repo", f"github.localhost/{REPOSITORY}", "--dir", "got"],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "GH_ENTERPRISE_TOKEN": TOKEN,
                "GH_TOKEN": TOKEN,
                "HTTP_PROXY": proxy,
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    got = {path.name: path.read_bytes() for path in (tmp_path / "got").iterdir()}
    assert got == {asset.name: asset.content for asset in release.assets}
