"""One asset on its way into a draft: what is there, what is sent, what GitHub says it kept."""

from __future__ import annotations

from collections.abc import Callable

from obrelease.errors import Conflict
from obrelease.remote.forge.protocol import Asset
from obrelease.remote.github.client import Ambiguous, Client, Refused
from obrelease.remote.github.responses import Held, asset_of
from obrelease.storage.transfer import SourceFile


class Upload:
    """The two halves of an upload: `look` at what the draft has, and `send` the file once.

    Args:
        client: where requests go.
        base: the repository's path in the API.
        name, source: the asset's name and its bytes.
        open_draft: reads the draft anew, and raises Conflict if it is public by now.
        read_back: downloads an asset; returns its sha256 and size.
    """

    def __init__(
        self,
        client: Client,
        base: str,
        name: str,
        source: SourceFile,
        *,
        open_draft: Callable[[], Held],
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

    def look(self) -> Asset | None:
        """The asset if the draft has it whole; what a broken upload left behind is removed.

        Raises:
            Conflict: the release is public, or has other bytes under the name.
        """
        held = self._open_draft()
        self._upload_url = held.upload_url
        found = [asset for asset in held.release.assets if asset.name == self._name]
        for asset in found:
            if not asset.complete:
                self._remove(asset)
        whole = [asset for asset in found if asset.complete]
        if len(whole) > 1 or any(not self._is_same(asset) for asset in whole):
            raise Conflict(
                f"{held.release.tag}: an asset {self._name} with other bytes is in the draft already",
                hint="remove the draft, or publish under another tag",
            )
        return whole[0] if whole else None

    def send(self) -> Asset:
        """Send the file once and read back what GitHub keeps of it.

        Raises:
            Ambiguous: it cannot be told whether the asset is there, whole and under its name.
        """
        try:
            said = asset_of(self._client.send(self._upload_url, self._name, self._source))
        except Refused as error:
            if "already_exists" in error.codes:
                raise Ambiguous(error.message) from None
            raise
        self._acknowledged = said.id
        kept = self.look()
        if kept is None or said.id != kept.id:
            raise Ambiguous(f"GitHub says it stored {self._name}, and does not show it", hint="run it again")
        return kept

    def _is_same(self, asset: Asset) -> bool:
        """By size and digest. Where GitHub keeps no digest, what it did not acknowledge is read back."""
        if asset.size != self._source.size:
            return False
        if asset.sha256 is None and asset.id != self._acknowledged:
            return self._read_back(asset) == (self._source.sha256, self._source.size)
        return asset.sha256 in {None, self._source.sha256}

    def _remove(self, asset: Asset) -> None:
        try:
            self._client.write("DELETE", f"{self._base}/releases/assets/{asset.id}", None, 204)
        except Refused as error:
            if error.status != 404:
                raise
