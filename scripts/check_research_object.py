"""Validates RO-Crates with the reference validator, without a network: the context is served on the loopback.

usage: scripts/check_research_object.py FOLDER...

Run it with an interpreter that has `roc-validator` and `rocrate` installed (an environment of its own, because
the validator needs an older `rich` than the tools of this repository). Requirements of the levels REQUIRED and
RECOMMENDED are checked. Exit code 1: an issue was found, which is printed, or the context was not asked for.
"""

from __future__ import annotations

import http.server
import json
import sys
import threading
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import requests.adapters
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings

NOT_KNOWN: Final = ("SHOULD have a `publisher`",)
"""Recommendations that need what a repository does not say."""

CONTEXT: Final = "https://w3id.org/ro/crate/1.3/context"
served: list[str] = []


class ContextServer(http.server.BaseHTTPRequestHandler):
    """Answers every request with the context that the `rocrate` package carries."""

    def do_GET(self) -> None:
        """Send the context."""
        data = files("rocrate").joinpath("data", "ro-crate.jsonld").read_bytes()
        served.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "application/ld+json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Print nothing."""


def redirect_to(port: int) -> None:
    """Let the validator's HTTP client ask the loopback for the context, and refuse every other address."""
    send = requests.adapters.HTTPAdapter.send

    def local(self: Any, request: Any, **options: Any) -> Any:
        if request.url != CONTEXT:
            raise requests.ConnectionError(f"{request.url}: only the context is served")
        request.url = f"http://127.0.0.1:{port}/context"
        options["proxies"] = {}
        return send(self, request, **options)

    requests.adapters.HTTPAdapter.send = local  # type: ignore[method-assign]


def problems_of(folder: Path) -> list[str]:
    """What the validator finds wrong."""
    settings = ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier="ro-crate-1.3",
        requirement_severity=Severity.RECOMMENDED,
        no_cache=True,
    )
    result = services.validate(settings)
    return [
        f"{issue.severity.name}: {issue.check.identifier}: {issue.message} ({issue.violatingEntity})"
        for issue in result.get_issues()
        if not any(text in str(issue.message) for text in NOT_KNOWN)
    ]


def main(folders: list[str]) -> int:
    """Check each folder; the exit code."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ContextServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    redirect_to(server.server_port)
    found = {folder: problems_of(Path(folder)) for folder in folders}
    server.shutdown()
    print(json.dumps({"contexts_served": len(served), "problems": found}, indent=2))
    return 1 if not served or any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
