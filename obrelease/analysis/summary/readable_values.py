"""Numbers with their units for people: `1.2 us`, `48.4 M/s`, `3.1 MiB`.

Times, rates and counts have SI prefixes (powers of 1,000), memory those of IEC 80000-13 (powers of 1,024).
A number is rounded to four digits before its prefix is chosen, so 999.96 ns is `1 us` and never `1000 ns`.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_DIGITS: Final = 4
_TIMES_NS: Final = {"ps": 1e-3, "ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
_BYTES: Final = frozenset({"B", "bytes"})
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL: Final = ("", "k", "M", "G", "T", "P", "E")
_SMALL: Final = 1e-4
_LARGE: Final = 1e15
_PLAIN_COUNT: Final = 1e7


def readable(value: float | None, unit: str) -> str:
    """A value and its unit, scaled; `-` for None.

    Args:
        unit: times in `ps`, `ns`, `us`, `ms` or `s`, memory in `B`, rates per second (`1/s`, `msg/s`, `B/s`),
            counts (`1`), percent (`%`), or any other, which is not scaled.
    """
    if value is None:
        return "-"
    if not math.isfinite(value):
        return f"{value} {unit}".strip()
    if unit in _TIMES_NS:
        return _time(value * _TIMES_NS[unit])
    if unit in _BYTES:
        return _prefixed(value, 1024, _BINARY, "B")
    if unit.endswith("/s"):
        return _rate(value, unit.removesuffix("/s"))
    if unit == "1":
        return _count(value)
    return f"{number_text(value)} {unit}".rstrip()


def percent(share: float) -> str:
    """A share of one in percent."""
    return readable(100 * share, "%")


def number_text(value: float | None) -> str:
    """A number: whole ones with separators, others with four significant digits; empty for None."""
    if value is None:
        return ""
    if not math.isfinite(value):
        return str(value)
    if float(value).is_integer() and abs(value) < _LARGE:
        return f"{int(value):,}"
    rounded = _rounded(value)
    return _plain(rounded) if _SMALL <= abs(rounded) < _LARGE else f"{rounded:.{_DIGITS - 1}e}"


def _time(value_ns: float) -> str:
    if value_ns == 0:
        return "0 ns"
    rounded = _rounded(value_ns)
    size = abs(rounded)
    if 1.0 <= size < _TIMES_NS["us"]:
        return f"{_plain(rounded)} ns"
    unit = next((unit for unit, scale in reversed(_TIMES_NS.items()) if size >= scale), "ps")
    return f"{_plain_or_exponent(_rounded(value_ns / _TIMES_NS[unit]))} {unit}"


def _rate(value: float, what: str) -> str:
    if what in _BYTES:
        return _prefixed(value, 1000, _DECIMAL, "B/s")
    rounded, prefix = _scaled(value, 1000, _DECIMAL)
    number = _plain_or_exponent(rounded)
    if what == "1":
        return f"{number} {prefix}/s"
    return " ".join(part for part in (number, prefix, f"{what}/s") if part)


def _count(value: float) -> str:
    if abs(value) < _PLAIN_COUNT:
        return number_text(value)
    rounded, prefix = _scaled(value, 1000, _DECIMAL)
    return f"{_plain_or_exponent(rounded)} {prefix}"


def _prefixed(value: float, step: int, prefixes: tuple[str, ...], symbol: str) -> str:
    rounded, prefix = _scaled(value, step, prefixes)
    return f"{_plain_or_exponent(rounded)} {prefix}{symbol}"


def _scaled(value: float, step: int, prefixes: tuple[str, ...]) -> tuple[float, str]:
    """The rounded value below one step, if a prefix reaches so far, and its prefix."""
    scaled = float(value)
    for prefix in prefixes[:-1]:
        if abs(rounded := _rounded(scaled)) < step:
            return rounded, prefix
        scaled /= step
    return _rounded(scaled), prefixes[-1]


def _rounded(value: float) -> float:
    """Four digits, and half away from zero as people round.

    Formatting rounds what the machine has, and that is on the other side of a half only if what people read
    ends just there: the shortest text of a number is the half itself, or no half at all.
    """
    digits = repr(float(value)).partition("e")[0].replace(".", "").strip("-0")
    if len(digits) != _DIGITS + 1 or digits[-1] != "5":
        return float(f"{value:.{_DIGITS - 1}e}")
    exact = Decimal(repr(float(value)))
    last_digit = Decimal(1).scaleb(exact.adjusted() - _DIGITS + 1)
    return float(exact.quantize(last_digit, ROUND_HALF_UP)) if exact else 0.0


def _plain_or_exponent(value: float) -> str:
    if value == 0:
        return "0"
    return _plain(value) if _SMALL <= abs(value) < _LARGE else f"{value:.{_DIGITS - 1}e}"


def _plain(value: float) -> str:
    """A rounded number in full, without zeros at its end."""
    decimals = max(0, _DIGITS - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
