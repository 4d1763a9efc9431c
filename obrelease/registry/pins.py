"""Pins: names for runs, one small file each in `.pins/` that holds the run's digest."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from obrelease.errors import Conflict, InvalidInput, NotFound, UsageError
from obrelease.registry.layout import PINS_NAME, STAGING_NAME
from obrelease.storage.durable import make_folders, reject_symlinks, sync_folder, write_file
from obrelease.storage.files import read_bounded
from obrelease.storage.system_errors import storage_errors

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_DIGEST_PREFIX: Final = re.compile(r"[0-9a-f]{4,64}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_RESERVED: Final = frozenset({"latest"})
_PIN_BYTES: Final = 65


def read_pin(root: Path, name: str) -> str | None:
    """The digest of the run with this name; None if no run has it, or it is not a valid name.

    Raises:
        InvalidInput: the pin does not hold a digest.
        StorageError: it cannot be read.
    """
    if not _is_valid_name(name):
        return None
    path = root / PINS_NAME / name
    try:
        text = read_bounded(path, _PIN_BYTES).decode("ascii", "replace").removesuffix("\n")
    except NotFound:
        return None
    if not _DIGEST.fullmatch(text):
        raise InvalidInput(f"{path}: does not hold a digest", hint=f"run `obrelease pin --delete {name}`")
    return text


def read_pins(root: Path) -> dict[str, str]:
    """Digests by pinned name, sorted by name.

    Raises:
        InvalidInput: a file in `.pins/` is not a pin.
        StorageError: they cannot be read.
    """
    folder = root / PINS_NAME
    found: dict[str, str] = {}
    reject_symlinks(root, folder)
    with storage_errors(folder, "pins cannot be read"):
        names = sorted(item.name for item in folder.iterdir()) if folder.is_dir() else []
    for name in names:
        digest = read_pin(root, name)
        if digest is None and not os.path.lexists(folder / name):
            continue
        if digest is None:
            raise InvalidInput(f"{folder / name}: is not a pin", hint="move it to another folder")
        found[name] = digest
    return found


def write_pin(root: Path, name: str, digest: str, *, move: bool) -> None:
    """Give a name to a run; when this returns, it survives a power cut.

    Raises:
        UsageError: the name is not valid.
        Conflict: another run has it, and `move` is not set.
        StorageError: the operating system refused.
    """
    if not _is_valid_name(name):
        raise UsageError(
            f"{name!r} is not a valid name",
            hint="use 1 to 64 of a-z 0-9 . _ -, first a letter or digit; not `latest`, not only hex digits",
        )
    import secrets  # completion only reads

    target = root / PINS_NAME / name
    staged = root / STAGING_NAME / f"{os.getpid()}-{secrets.token_hex(8)}.pin"
    for folder in (staged.parent, target.parent):
        reject_symlinks(root, folder)
    with storage_errors(root, "nothing was pinned"):
        make_folders(staged.parent)
        make_folders(target.parent)
        write_file(staged, f"{digest}\n".encode("ascii"))
        try:
            if move:
                staged.replace(target)
            else:
                os.link(staged, target)
        except FileExistsError:
            if read_pin(root, name) != digest:
                raise Conflict(
                    f"{name!r} is the name of another run",
                    hint="the option or argument `move` moves the name to this one",
                ) from None
        finally:
            staged.unlink(missing_ok=True)
        sync_folder(target.parent)


def remove_pin(root: Path, name: str) -> None:
    """Remove a name; the run stays.

    Raises:
        NotFound: no run has it.
        StorageError: the operating system refused.
    """
    target = root / PINS_NAME / name
    reject_symlinks(root, target.parent)
    if not _is_valid_name(name) or not target.is_file():
        raise NotFound(f"no run is pinned as {name!r}", hint="`obrelease pin` lists the names")
    with storage_errors(target, "the pin may not be removed"):
        target.unlink(missing_ok=True)
        sync_folder(target.parent)


def _is_valid_name(name: str) -> bool:
    return (
        _NAME.fullmatch(name) is not None and name not in _RESERVED and _DIGEST_PREFIX.fullmatch(name) is None
    )
