"""The names of LOBSTER's files: `SYMBOL_DATE_START_END_message_LEVELS.csv`, and `orderbook` in its pair.

Source: the read-me of LOBSTER's sample files. Times are milliseconds after midnight. A name of another form
still names a file; then only the symbol, the part before the first `_`, is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Final

MESSAGE: Final = "message"
ORDERBOOK: Final = "orderbook"
SUFFIXES: Final = (".csv", ".csv.gz")

_FULL: Final = re.compile(r"(?P<symbol>.+)_(?P<date>\d{4}-\d\d-\d\d)_\d+_\d+_message_(?P<levels>\d{1,4})")


@dataclass(frozen=True, slots=True)
class LobsterName:
    """What the name of a message file says.

    Attributes:
        symbol: the ticker.
        date: the trading day as `YYYY-MM-DD`; empty if the name has none.
        levels: number of levels of the orderbook file; None if the name has none.
    """

    symbol: str
    date: str = ""
    levels: int | None = None

    @property
    def title(self) -> str:
        """Symbol and date, as a person writes them."""
        return f"{self.symbol} {self.date}".rstrip()


def parse_name(message: str) -> LobsterName:
    """Read the name of a message file, with or without folders."""
    stem = _stem(message)
    found = _FULL.fullmatch(stem)
    if found and _is_date(found["date"]):
        return LobsterName(found["symbol"], found["date"], int(found["levels"]))
    return LobsterName(stem.partition("_")[0] or stem)


def is_data_file(name: str) -> bool:
    """Whether a name is that of a message or orderbook file; hidden files are ignored."""
    base = PurePosixPath(name).name
    return (
        (MESSAGE in base or ORDERBOOK in base)
        and base.lower().endswith(SUFFIXES)
        and not base.startswith(".")
    )


def is_message_file(name: str) -> bool:
    """Whether the base name is that of a message file."""
    return MESSAGE in PurePosixPath(name).name


def orderbook_name(message: str) -> str:
    """The name of the orderbook file of a message file."""
    folder, slash, base = message.rpartition("/")
    head, _, tail = base.rpartition(MESSAGE)
    return f"{folder}{slash}{head}{ORDERBOOK}{tail}"


def counterpart_name(name: str) -> str:
    """The name of the other file of a day: the orderbook file of a message file, and the other way round."""
    if is_message_file(name):
        return orderbook_name(name)
    folder, slash, base = name.rpartition("/")
    head, _, tail = base.rpartition(ORDERBOOK)
    return f"{folder}{slash}{head}{MESSAGE}{tail}"


def _stem(name: str) -> str:
    base = PurePosixPath(name).name
    lower = base.lower()
    suffix = next((each for each in sorted(SUFFIXES, key=len, reverse=True) if lower.endswith(each)), "")
    return base[: len(base) - len(suffix)]


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
