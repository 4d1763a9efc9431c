"""Credentials of registries, from where other tools keep them: never from a file of the tree.

Read are `~/.docker/config.json`, the files that `REGISTRY_AUTH_FILE`, `DOCKER_CONFIG` and
`XDG_RUNTIME_DIR` lead to, credential helpers (`docker-credential-NAME`), and a GitHub token for ghcr.io.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from obrelease.errors import NotFound, UsageError
from obrelease.remote.oci.credential_sources import CredentialSources
from obrelease.remote.oci.place import Place
from obrelease.storage.files import read_bounded

GHCR: Final = "ghcr.io"
_MAX_BYTES: Final = 2**20
_HELPER_DEADLINE_S: Final = 30
_HELPER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KEY: Final = re.compile(r"(?:https?://)?(?P<name>[^?#@]*?)(?:/v[12])?/?")
_DOCKER_HUB_KEYS: Final = ("index.docker.io", "docker.io")
_IDENTITY_USER: Final = "<token>"


@dataclass(frozen=True, slots=True)
class Credential:
    """A user's credential for one registry; nothing of it is in its repr.

    Attributes:
        identity_token: an OAuth 2 refresh token in place of user and password.
        source: where it came from, for messages.
    """

    user: str = field(repr=False)
    password: str = field(repr=False)
    identity_token: str = field(default="", repr=False)
    source: str = ""

    def basic(self) -> str:
        """The value of an `Authorization` header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")


def find_credential(sources: CredentialSources, place: Place) -> Credential | None:
    """The credential for a place; None if there is none.

    Raises:
        UsageError: a file or a helper is malformed or fails.
        StorageError: a file cannot be read.
    """
    for path in sources.files:
        document = _document(path)
        if document is not None and (found := _from_file(document, path, place)) is not None:
            return found
    if place.host == GHCR and sources.github_token:
        return Credential("x-access-token", sources.github_token, source="GITHUB_TOKEN")
    return None


def _document(path: Path) -> Mapping[str, Any] | None:
    """A configuration file; None if there is none."""
    try:
        value = json.loads(read_bounded(path.resolve(), _MAX_BYTES))
    except NotFound:
        return None
    except (ValueError, RecursionError):
        raise UsageError(f"{path}: is not JSON", hint="log in again with docker, podman or skopeo") from None
    if not isinstance(value, dict):
        raise UsageError(f"{path}: is not a JSON object", hint="log in again with docker, podman or skopeo")
    return value


def _from_file(document: Mapping[str, Any], path: Path, place: Place) -> Credential | None:
    helpers, auths = (_table(document, key) for key in ("credHelpers", "auths"))
    for name in _names(place):
        for key, helper in helpers.items():
            if _normalised(key) == name and isinstance(helper, str):
                return _from_helper(helper, key, path)
        for key, entry in auths.items():
            if _normalised(key) == name and isinstance(entry, dict) and entry:
                return _from_entry(entry, name, path)
    store = document.get("credsStore")
    return _from_helper(store, _names(place)[-1], path) if isinstance(store, str) and store else None


def _names(place: Place) -> list[str]:
    """Names under which a credential may be kept, the most special first (containers-auth.json(5))."""
    hosts = _DOCKER_HUB_KEYS if place.host in _DOCKER_HUB_KEYS else (place.host,)
    return [f"{host}{below}" for host in hosts for below in _paths(place.path)]


def _paths(path: str) -> Iterator[str]:
    parts = path.split("/")
    for count in range(len(parts), -1, -1):
        yield "".join(f"/{part}" for part in parts[:count])


def _normalised(key: str) -> str:
    match = _KEY.fullmatch(key)
    return match["name"] if match else ""


def _from_entry(entry: Mapping[str, Any], name: str, path: Path) -> Credential:
    source, identity = str(path), entry.get("identitytoken")
    if isinstance(identity, str) and identity:
        return Credential("", "", identity, source)
    user, password = entry.get("username"), entry.get("password")
    if isinstance(user, str) and isinstance(password, str) and user:
        return Credential(user, password, source=source)
    try:
        text = base64.b64decode(str(entry.get("auth") or ""), validate=True).decode("utf-8")
        user, colon, password = text.partition(":")
    except ValueError:
        colon = ""
    if not colon:
        raise UsageError(f"{path}: the entry of {name} has no credential", hint=f"log in to {name} again")
    return Credential(str(user), str(password).rstrip("\0"), source=source)


def _from_helper(helper: str, server: str, path: Path) -> Credential | None:
    """Ask `docker-credential-HELPER get`; None if it knows no credential."""
    if not _HELPER.fullmatch(helper):
        raise UsageError(f"{path}: {helper[:60]!a} is not the name of a credential helper")
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run(
            [program, "get"],
            input=server.encode(),
            capture_output=True,
            timeout=_HELPER_DEADLINE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(
            f"{path}: {program} cannot be run: {type(error).__name__}",
            hint="install the helper, or log in again without it",
        ) from None
    if done.returncode:
        if b"credentials not found" in done.stdout + done.stderr:
            return None
        raise UsageError(f"{path}: {program} failed for {server} with exit code {done.returncode}")
    try:
        answer = json.loads(done.stdout[:_MAX_BYTES])
        user, secret = str(answer["Username"]), str(answer["Secret"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(f"{path}: the answer of {program} for {server} is malformed") from None
    if user == _IDENTITY_USER:
        return Credential("", "", secret, program)
    return Credential(user, secret, source=program)


def _table(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}
