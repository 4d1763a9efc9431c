"""How a registry wants to be asked: without credentials, with Basic, or with a Bearer token.

Credentials are sent to the registry's own host, and to the token server that it names only if that is on
the same host, is a host above or below it, is known to belong to it, or was named by the user.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

from obrelease.errors import RemoteError, UsageError
from obrelease.remote.oci.credential_sources import CredentialSources
from obrelease.remote.oci.credentials import Credential, find_credential
from obrelease.remote.oci.descriptor import parse_document
from obrelease.remote.oci.place import Place
from obrelease.remote.plain_addresses import host_of, plain_address

_PARAMETER: Final = re.compile(r'([A-Za-z][A-Za-z0-9_-]*)="((?:[^"\\\x00-\x1f]|\\.)*)"')
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,16384}")
_KNOWN_TOKEN_HOSTS: Final = {"registry-1.docker.io": "auth.docker.io"}
_MIN_SHARED_LABELS: Final = 2

AskToken = Callable[[str, Mapping[str, str], bytes | None], bytes]
"""Sends one request to a token server: address, headers, and a form to post or None; returns the body."""


class Authorization:
    """The `Authorization` header of one repository; it may be used by several threads.

    Args:
        writes: ask for a token that may push.
        ask: sends a request to a token server.
    """

    def __init__(self, place: Place, sources: CredentialSources, *, writes: bool, ask: AskToken) -> None:
        self._place = place
        self._sources = sources
        self._scope = f"repository:{place.path}:{'pull,push' if writes else 'pull'}"
        self._ask = ask
        self._lock = threading.Lock()
        self._header = ""
        self._credential: Credential | None = None
        self._looked_up = False

    @property
    def header(self) -> str:
        """What to send now; empty for none."""
        return self._header

    def renew(self, used: str, challenge: str) -> bool:
        """Read a challenge (RFC 9110, `WWW-Authenticate`); True if the request can be sent again.

        Args:
            used: the header that was refused.

        Raises:
            RemoteError: the challenge is malformed, names a foreign token server, or that refused.
            UsageError: the user's configuration of credentials is malformed.
        """
        with self._lock:
            if self._header != used:  # another thread renewed it meanwhile
                return True
            credential = self._find()
            scheme, _, rest = challenge.strip().partition(" ")
            if scheme.lower() == "bearer":
                fresh = f"Bearer {self._token(dict(_PARAMETER.findall(rest)), credential)}"
            elif scheme.lower() == "basic" and credential is not None:
                fresh = credential.basic()
            else:
                return False
            if fresh == used:
                return False
            self._header = fresh
            return True

    def describe(self) -> str:
        """Where the credential came from, for a message."""
        return f"the credential from {self._credential.source}" if self._credential else "no credential"

    def redacted(self, text: str) -> str:
        """A message without any form of the credential."""
        found = self._credential
        secrets = {self._header.partition(" ")[2]}
        if found is not None:
            secrets |= {found.password, found.identity_token, found.basic().partition(" ")[2]}
        for secret in sorted(secrets - {""}, key=len, reverse=True):
            text = text.replace(secret, "[credential]")
        return text

    def _find(self) -> Credential | None:
        if not self._looked_up:
            self._credential = find_credential(self._sources, self._place)
            self._looked_up = True
        return self._credential

    def _token(self, challenge: Mapping[str, str], credential: Credential | None) -> str:
        realm = challenge.get("realm", "")
        where = f"{self._place}: token server {host_of(realm)}"
        self._check_realm(realm, credential)
        query = {"service": challenge.get("service", ""), "scope": self._scope}
        headers, form = {"Accept": "application/json"}, None
        if credential is not None and credential.identity_token:
            fields = {"grant_type": "refresh_token", "refresh_token": credential.identity_token}
            form = urlencode(query | fields | {"client_id": "obrelease"}).encode("ascii")
        elif credential is not None:
            headers["Authorization"] = credential.basic()
        address = realm if form else f"{realm}?{urlencode(query)}"
        answer = parse_document(self._ask(address, headers, form), where)
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise RemoteError(f"{where}: sent no token")
        return token

    def _check_realm(self, realm: str, credential: Credential | None) -> None:
        parts = plain_address(realm)
        if parts is None or parts.scheme not in {"https", self._place.scheme}:
            raise RemoteError(f"{self._place}: its token server is not a plain https address")
        own, other = urlsplit(self._place.origin).hostname or "", parts.hostname or ""
        trusted = {own, _KNOWN_TOKEN_HOSTS.get(own), *self._sources.token_hosts}
        if self._place.scheme == "http" and other != own and parts.scheme == "http":
            raise RemoteError(f"{self._place}: its token server {host_of(realm)} is not on this machine")
        if credential is None or other in trusted or _is_related(own, other):
            return
        raise UsageError(
            f"{self._place}: wants its credentials sent to {host_of(realm)}, which is another host",
            hint=f"if that is right, set OBRELEASE_TOKEN_HOSTS={other}",
        )


def _is_related(host: str, other: str) -> bool:
    """Whether one host is below the other, as registry.gitlab.com and gitlab.com."""
    longer, shorter = sorted((host, other), key=len, reverse=True)
    enough = len(shorter.split(".")) >= _MIN_SHARED_LABELS and not shorter.replace(".", "").isdigit()
    return enough and longer.endswith(f".{shorter}")
