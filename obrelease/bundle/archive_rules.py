"""Rules for archives, each with its name, and limits on their size."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from obrelease.errors import InvalidInput


class Rule(StrEnum):
    """Why an archive is refused. The names are part of the contract of `verify --json`."""

    NOT_GZIP = "not-gzip"
    GZIP_HEADER = "gzip-header"
    GZIP_DATA = "gzip-data"
    GZIP_TRAILER = "gzip-trailer"
    TRAILING_DATA = "trailing-data"
    TRUNCATED = "truncated"
    STORED = "stored"
    TOTAL_SIZE = "total-size"
    MEMBER_COUNT = "member-count"
    HEADER_CHECKSUM = "header-checksum"
    HEADER_FIELD = "header-field"
    SIZE_FIELD = "size-field"
    PADDING = "padding"
    LINK = "link"
    DEVICE = "device"
    DIRECTORY = "directory"
    PAX_HEADER = "pax-header"
    GNU_EXTENSION = "gnu-extension"
    MEMBER_TYPE = "member-type"
    MODE = "mode"
    OWNER = "owner"
    TIME = "time"
    ABSOLUTE_PATH = "absolute-path"
    PARENT_PATH = "parent-path"
    PATH_CHARACTERS = "path-characters"
    PATH_LENGTH = "path-length"
    RESERVED_NAME = "reserved-name"
    TOP_FOLDER = "top-folder"
    DUPLICATE = "duplicate"
    CASE_PAIR = "case-pair"
    FILE_AS_FOLDER = "file-as-folder"
    ORDER = "order"


_HINT: Final = "do not unpack this file; download the release again or rebuild it from its tag"


class RefusedArchive(InvalidInput):
    """An archive broke a rule.

    Attributes:
        rule: the first rule that it broke.
        detail: what breaks it.
    """

    def __init__(self, where: str, rule: Rule, detail: str, *, hint: str = _HINT) -> None:
        super().__init__(f"{where}: refused by rule {rule}: {detail}", hint=hint)
        self.rule = rule
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest archive of the format; the budget of a command (`storage.limits`) may be lower.

    Attributes:
        members: the maximum number of members.
        total_bytes: the maximum size of the content.
    """

    members: int = 20_000
    total_bytes: int = 16 * 2**30


LIMITS: Final = Limits()
