"""A stateful GitHub on this machine: three hosts, as GitHub has, and faults on demand."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from tests.loopback_github.contract import ContractError, check_reply, description, request_of
from tests.loopback_github.faults import Fault
from tests.loopback_github.routes import Reply, answer
from tests.loopback_github.state import ApiError, Repository

TOKEN: Final = "loopback-token-canary"
HOSTS: Final = {"api": "localhost", "uploads": "uploads.localhost", "downloads": "release-assets.localhost"}


@dataclass(slots=True)
class Seen:
    """A request as it arrived."""

    host: str
    method: str
    path: str
    query: dict[str, str]


@dataclass
class LoopbackGitHub:
    """The server; `violations` must be empty when a test ends.

    `boundary` is called before each request is carried out, and again before it is answered.
    """

    repository: Repository
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    boundary: Callable[[], None] = lambda: None
    ended: threading.Event = field(default_factory=threading.Event)
    _servers: list[ThreadingHTTPServer] = field(default_factory=list)

    def start(self) -> None:
        """Bind the three hosts to free ports of the loopback address and serve."""
        description()
        addresses = {}
        for name, host in HOSTS.items():
            server = ThreadingHTTPServer(("127.0.0.1", 0), _bound(self, name))
            server.daemon_threads = True
            self._servers.append(server)
            addresses[name] = f"http://{host}:{server.server_address[1]}"
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.repository.api, self.repository.uploads = addresses["api"], addresses["uploads"]
        self.downloads = addresses["downloads"]

    def stop(self) -> None:
        """Let hanging replies go and close the ports."""
        self.ended.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    @property
    def api(self) -> str:
        """Base address of the REST API."""
        return self.repository.api

    def fault(self, method: str, path: str, **what: Any) -> Fault:
        """Arrange a fault; they are tried in the order in which they were arranged."""
        fault = Fault(method, path, **what)
        self.faults.append(fault)
        return fault

    def count(self, method: str, path: str) -> int:
        """How many requests matched."""
        return sum(Fault(method, path).matches(seen.method, seen.path) for seen in self.seen)


class _Handler(BaseHTTPRequestHandler):
    """One connection to one of the hosts; bound to a server by `_bound`."""

    github: LoopbackGitHub
    host_name: str
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True

    def log_message(self, *arguments: object) -> None:
        """Say nothing: the tests look at `seen`."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.github.seen.append(Seen(self.host_name, self.command, parts.path, query))
        fault = next(
            (f for f in self.github.faults if f.matches(self.command, parts.path)), Fault("", "", times=0)
        )
        fault.times -= 1
        if fault.reset_at is not None:
            self.rfile.read(min(fault.reset_at, int(self.headers.get("Content-Length", 0))))
            self._reset()
            return
        announced = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(announced)
        if len(body) < announced:
            self.close_connection = True
            return
        self.github.boundary()
        carried_out = fault.status == 0 or fault.done
        reply = self._checked(parts.path, query, body, fault, carried_out=carried_out)
        self.github.boundary()
        if fault.starter:
            self._leave_starter(parts.path, query)
        if fault.hang:
            self.github.ended.wait()
        if fault.status:
            reply = Reply(fault.status, fault.body, dict(fault.headers))
        self._reply(reply, fault)

    def _checked(
        self, path: str, query: dict[str, str], body: bytes, fault: Fault, *, carried_out: bool
    ) -> Reply:
        """Carry out a request; it and every response are checked against GitHub's description."""
        headers = dict(self.headers.items())
        try:
            described = self.host_name != "downloads"
            if described:
                request = request_of(self.host_name, self.command, path, query, headers, body)
            if not carried_out:
                return Reply(0)
            reply = self._carry_out(path, query, headers, body, fault)
            if described and reply.content_type == "application/json":
                check_reply(request, reply.status, reply.body)
        except ContractError as error:
            self.github.violations.append(str(error))
            return Reply(500, b'{"message": "not by the contract"}')
        return reply

    def _carry_out(
        self, path: str, query: dict[str, str], headers: dict[str, str], body: bytes, fault: Fault
    ) -> Reply:
        github = self.github
        try:
            if self.host_name == "downloads":
                return self._download(path)
            if headers.get("Authorization") != f"token {TOKEN}":
                raise ApiError(401, "Bad credentials")
            with github.repository.lock:
                return answer(
                    github, self.host_name, self.command, path, query, headers, body, stale=fault.stale
                )
        except ApiError as error:
            return Reply(error.status, json.dumps(error.document).encode())

    def _download(self, path: str) -> Reply:
        if self.headers.get("Authorization") is not None:
            self.github.violations.append("the token was sent to the download host")
        _, asset = self.github.repository.asset(int(path.rsplit("/", 1)[1]))
        return Reply(200, asset.content, content_type="application/octet-stream")

    def _leave_starter(self, path: str, query: dict[str, str]) -> None:
        with self.github.repository.lock:
            release = self.github.repository.release(int(path.split("/")[-2]))
            self.github.repository.store(release, query["name"], b"x", "").state = "starter"
            release.assets[-1].content = b""

    def _reply(self, reply: Reply, fault: Fault) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", reply.content_type)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if fault.cut:
            self.wfile.write(reply.body[: len(reply.body) // 2])
            self.close_connection = True
        elif fault.drip:
            self._drip(reply.body)
        elif reply.status != 204:
            self.wfile.write(reply.body)

    def _drip(self, body: bytes) -> None:
        for byte in body:
            if self.github.ended.wait(0.05):
                break
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
        self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            self.close_connection = True

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True


def _bound(github: LoopbackGitHub, host: str) -> type[_Handler]:
    methods = {f"do_{method}": _Handler.do_GET for method in ("POST", "PATCH", "DELETE")}
    return type("Handler", (_Handler,), {"github": github, "host_name": host, **methods})
