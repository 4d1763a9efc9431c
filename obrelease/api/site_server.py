"""Serve the pages of a registry on this machine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from obrelease.api.project import ProjectLike, project_of
from obrelease.api.site_pages import build_site
from obrelease.errors import UsageError
from obrelease.storage.reporter import SILENT, Reporter
from obrelease.storage.temporary import temporary_folder


class _Pages(SimpleHTTPRequestHandler):
    """Files of one folder, for requests that name this machine."""

    def do_GET(self) -> None:
        """Answer a request, unless another site's name leads here."""
        if self._is_local():
            super().do_GET()
        else:
            self.send_error(403)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: requests of the user's own browser."""

    def _is_local(self) -> bool:
        host = self.headers.get("Host", "").rpartition(":")[0]
        return host in {"127.0.0.1", "localhost"}


def serve_site(
    *,
    project: ProjectLike = ".",
    port: int = 8000,
    ready: Callable[[str], None] = lambda _: None,
    reporter: Reporter = SILENT,
) -> None:
    """Build the pages in a temporary folder and serve them on 127.0.0.1 until Ctrl-C.

    Args:
        port: 0 for a free one.
        ready: is given the address when it answers.

    Raises:
        UsageError: the port is taken.
        NotFound, StorageError: as `build_site`.
    """
    owner = project_of(project)
    with temporary_folder() as scratch:
        folder = scratch / "site"
        build_site(folder, project=owner, reporter=reporter)
        try:
            server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Pages, directory=str(folder)))
        except OSError as error:
            raise UsageError(f"port {port}: {error.strerror}", hint="choose another --port") from error
        with server:
            ready(f"http://127.0.0.1:{server.server_address[1]}/")
            with suppress(KeyboardInterrupt):
                server.serve_forever()
