"""The upload of one asset to a draft: read the draft, send, and read back what GitHub stored."""

from __future__ import annotations

from collections.abc import Callable

from obrelease.errors import Conflict
from obrelease.remote.forge.protocol import Asset
from obrelease.remote.github.client import AmbiguousResponse, Client, RequestRejected
from obrelease.remote.github.responses import GitHubRelease, parse_asset
from obrelease.storage.transfer import SourceFile


class Upload:
    """The two parts of an upload: `find_stored` reads the draft, and `send` sends the file once.

    Args:
        base: the repository's path in the API.
        name, source: the asset's name and its bytes.
        open_draft: reads the draft again, and raises Conflict if it is public by now.
        read_back: downloads an asset and returns its size and sha256.
    """

    def __init__(
        self,
        client: Client,
        base: str,
        name: str,
        source: SourceFile,
        *,
        open_draft: Callable[[], GitHubRelease],
        read_back: Callable[[Asset], tuple[str, int]],
    ) -> None:
        self._client = client
        self._base = base
        self._name = name
        self._source = source
        self._open_draft = open_draft
        self._read_back = read_back
        self._upload_url = ""
        self._acknowledged = ""

    def find_stored(self) -> Asset | None:
        """The asset if the draft has it completely; an incomplete one is removed.

        Raises:
            Conflict: the release is public, or has an asset of the name with other bytes.
        """
        held = self._open_draft()
        self._upload_url = held.upload_url
        same_name = [asset for asset in held.release.assets if asset.name == self._name]
        for asset in same_name:
            if not asset.complete:
                self._remove(asset)
        complete = [asset for asset in same_name if asset.complete]
        if len(complete) > 1 or any(not self._is_same(asset) for asset in complete):
            raise Conflict(
                f"{held.release.tag}: the draft already has an asset {self._name} with other bytes",
                hint="remove the draft, or publish under another tag",
            )
        return complete[0] if complete else None

    def send(self) -> Asset:
        """Send the file once and read back what GitHub stored.

        Raises:
            AmbiguousResponse: it is unknown whether the draft has the complete asset under its name.
        """
        try:
            sent = parse_asset(self._client.upload(self._upload_url, self._name, self._source))
        except RequestRejected as error:
            if "already_exists" in error.codes:
                raise AmbiguousResponse(error.message) from None
            raise
        self._acknowledged = sent.id
        stored = self.find_stored()
        if stored is None or sent.id != stored.id:
            raise AmbiguousResponse(
                f"GitHub acknowledged {self._name}, but does not list it", hint="run it again"
            )
        return stored

    def _is_same(self, asset: Asset) -> bool:
        """Compare size and digest. Without a digest from GitHub, an unacknowledged asset is downloaded."""
        if asset.size != self._source.size:
            return False
        if asset.sha256 is None and asset.id != self._acknowledged:
            return self._read_back(asset) == (self._source.sha256, self._source.size)
        return asset.sha256 in {None, self._source.sha256}

    def _remove(self, asset: Asset) -> None:
        try:
            self._client.write("DELETE", f"{self._base}/releases/assets/{asset.id}", None, 204)
        except RequestRejected as error:
            if error.status != 404:
                raise
