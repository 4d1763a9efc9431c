"""Text files of decimal numbers: their lines, and their columns as integers of one scale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import FeedError
from obengine.feeds.files import read_block

MAX_DECIMALS: Final = 18

_MAX_LINE: Final = 1 << 12
_MAX_INT: Final = 2**63 - 1
_SHOWN: Final = 80


class ScaledColumn:
    """Decimal numbers of a column as pairs of an integer and its number of decimals."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._digits: list[int] = []
        self._decimals: list[int] = []

    def add(self, text: str, *, positive: bool) -> bool:
        """Add a number; False if it is none, or negative, or 0 where it must be positive."""
        whole, dot, fraction = text.partition(".")
        digits = whole + fraction
        if digits.isdecimal() and digits.isascii() and whole and (fraction or not dot):
            fraction = fraction.rstrip("0")
            number, decimals = int(whole + fraction), len(fraction)
        else:
            parsed = _exponent_form(text)
            if parsed is None:
                return False
            number, decimals = parsed
        if (number == 0 and positive) or len(str(number)) > 2 * MAX_DECIMALS:
            return False
        self._digits.append(number)
        self._decimals.append(decimals)
        return True

    def decimals_of(self, decimals: int | None) -> int:
        """The decimals of one unit."""
        return max(self._decimals, default=0) if decimals is None else decimals

    def scale(self, decimals: int | None, fault: Callable[[int, str, str], FeedError]) -> NDArray[np.int64]:
        """All numbers as integers of one unit; `fault(row, reason, value)` makes the error.

        Raises:
            FeedError: a number is finer than a unit, or too large.
        """
        unit = self.decimals_of(decimals)
        made = np.zeros(len(self._digits), dtype=np.int64)
        for row, (digits, own) in enumerate(zip(self._digits, self._decimals, strict=True)):
            if own > unit:
                raise fault(row, f"finer than {unit} decimals", str(Decimal(digits).scaleb(-own)))
            value = digits * 10 ** (unit - own)
            if value > _MAX_INT:
                raise fault(row, f"too large for {unit} decimals", str(Decimal(digits).scaleb(-own)))
            made[row] = value
        return made


def _exponent_form(text: str) -> tuple[int, int] | None:
    """A number such as `1e-05` as an integer and its decimals; None if it is none."""
    if len(text) > _SHOWN or not text[:1].isdigit() or not text.isascii() or "e" not in text.lower():
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not -2 * MAX_DECIMALS <= number.adjusted() <= 2 * MAX_DECIMALS:
        return None
    sign, digits, exponent = number.normalize().as_tuple()
    value = int("".join(map(str, digits)))
    if sign or not isinstance(exponent, int):
        return None
    return (value * 10**exponent, 0) if exponent >= 0 else (value, -exponent)


def csv_lines(stream: BinaryIO, name: str) -> Iterator[str]:
    """The lines of a stream, without their ends."""
    rest, line = b"", 1
    while block := read_block(stream, name, line):
        *whole, rest = (rest + block).split(b"\n")
        if len(rest) > _MAX_LINE:
            text = rest[:_SHOWN].decode("ascii", "backslashreplace")
            raise FeedError(
                "a line without an end", file=name, line=line + len(whole), column=None, value=text
            )
        for each in whole:
            yield each.removesuffix(b"\r").decode("ascii", "backslashreplace")
        line += len(whole)
    if rest:
        yield rest.removesuffix(b"\r").decode("ascii", "backslashreplace")
