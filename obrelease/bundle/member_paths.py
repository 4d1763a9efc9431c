"""Rules for the member paths of an archive: each path alone, and all paths together."""

from __future__ import annotations

import re
from typing import Final, NoReturn

from obrelease.bundle.archive_rules import RefusedArchive, Rule
from obrelease.models.archive_paths import MAX_PATH, is_reserved_name

_ALLOWED: Final = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")


class PathRules:
    """Checks the paths of one archive, in their order."""

    def __init__(self, where: str, top: str | None = None) -> None:
        self._where = where
        self._top = top
        self._last = ""
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    @property
    def top(self) -> str:
        """The top folder; empty before the first member."""
        return self._top or ""

    def accept(self, path: str) -> str:
        """Check the next path; returns it without the top folder.

        Raises:
            RefusedArchive: the path breaks a rule, alone or together with an earlier one.
        """
        self._check_alone(path)
        parts = path.split("/")
        if self._top is None:
            self._top = parts[0]
        if parts[0] != self._top or len(parts) < 2:
            self._refuse(path, Rule.TOP_FOLDER, f"not below the one top folder {self._top}/")
        if len(path) - len(parts[0]) - 1 > MAX_PATH:
            self._refuse(path, Rule.PATH_LENGTH, f"longer than {MAX_PATH} characters below the top folder")
        self._check_with_earlier(path)
        return "/".join(parts[1:])

    def _check_alone(self, path: str) -> None:
        if path.startswith(("/", "\\\\")) or re.match(r"[A-Za-z]:", path):
            self._refuse(path, Rule.ABSOLUTE_PATH, "an absolute path")
        parts = re.split(r"[/\\]", path)
        if any(part in {"", ".", ".."} for part in parts):
            self._refuse(path, Rule.PARENT_PATH, "'.', '..' or an empty part")
        if not _ALLOWED.fullmatch(path):
            self._refuse(path, Rule.PATH_CHARACTERS, "characters outside A-Z a-z 0-9 . _ - /")
        if any(map(is_reserved_name, parts)):
            self._refuse(path, Rule.RESERVED_NAME, "a name that Windows reserves or changes")

    def _check_with_earlier(self, path: str) -> None:
        folded = path.lower()
        if folded in self._files:
            rule = Rule.DUPLICATE if self._files[folded] == path else Rule.CASE_PAIR
            self._refuse(path, rule, f"the archive has {self._files[folded]} already")
        if folded in self._folders:
            self._refuse(path, Rule.FILE_AS_FOLDER, "other members are below it")
        at = path.find("/")
        while at != -1:
            self._check_folder(path, path[:at])
            at = path.find("/", at + 1)
        if path < self._last:
            self._refuse(path, Rule.ORDER, f"follows {self._last}, but members must be sorted")
        self._last = path
        self._files[folded] = path

    def _check_folder(self, path: str, folder: str) -> None:
        if folder.lower() in self._files:
            self._refuse(path, Rule.FILE_AS_FOLDER, f"{folder} is a file of the archive")
        if self._folders.setdefault(folder.lower(), folder) != folder:
            self._refuse(path, Rule.CASE_PAIR, f"the folder {folder} has two spellings")

    def _refuse(self, path: str, rule: Rule, detail: str) -> NoReturn:
        raise RefusedArchive(f"{self._where}: member {path!a}", rule, detail)
