"""A token server as Docker's registry token specification has it, with a key of its own."""

from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

ISSUER: Final = "tests"
SERVICE: Final = "registry.tests"
_COORDINATE_BYTES: Final = 32


@dataclass
class TokenServer:
    """Signs tokens for whoever has the password.

    Attributes:
        basic: the `Authorization` header that it wants; anyone else gets 401.
        refresh_token: what it wants in a form instead.
        seen: path and query, or the form, of every request.
    """

    basic: str
    refresh_token: str = ""
    seen: list[str] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Make a key and a certificate, and serve on a free port."""
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER)])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        owner = self

        class Handler(_Handler):
            tokens = owner

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Close the port."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    @property
    def realm(self) -> str:
        """Its address."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}/token"

    def write_certificate(self, path: Path) -> Path:
        """What a registry checks tokens with."""
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path

    def token(self, scope: str) -> str:
        """A signed token that allows what a scope asks for."""
        kind, name, actions = scope.split(":")
        now = int(time.time())
        certificate = base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()
        header = {"typ": "JWT", "alg": "ES256", "x5c": [certificate]}
        claims: dict[str, Any] = {"iss": ISSUER, "sub": "user", "aud": SERVICE, "jti": str(len(self.seen))}
        claims |= {"exp": now + 300, "nbf": now - 60, "iat": now}
        claims["access"] = [{"type": kind, "name": name, "actions": actions.split(",")}]
        signed = f"{_encoded(json.dumps(header).encode())}.{_encoded(json.dumps(claims).encode())}"
        r, s = utils.decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")
        return f"{signed}.{_encoded(signature)}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class _Handler(BaseHTTPRequestHandler):
    tokens: TokenServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.tokens.seen.append(self.path)
        query = parse_qs(urlsplit(self.path).query)
        self._answer(query, self.headers.get("Authorization") == self.tokens.basic)

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.tokens.seen.append(form)
        query = parse_qs(form)
        self._answer(query, query.get("refresh_token") == [self.tokens.refresh_token])

    def _answer(self, query: dict[str, list[str]], known: bool) -> None:
        found = {"access_token": self.tokens.token(query["scope"][0])} if known else {"details": "no"}
        body = json.dumps(found).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
