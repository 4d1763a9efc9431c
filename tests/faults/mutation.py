"""Changed inputs for fuzzing: bytes flipped, removed, repeated, joined; values of JSON documents replaced."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

_INTERESTING: Final = (
    b"0 -1 1 255 65535 4294967295 9007199254740993 18446744073709551616 1e400 NaN Infinity -0.0 null true "
    b'"" [] {} \\u0000 \\ud800 ../.. / . \xff\xfe \xef\xbb\xbf \r\n \0'
).split(b" ")
_VALUES: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1, 2**53 - 1, 2**53, 2**64, 10**400, 0.5, -0.0, 1e308, 5e-324,
    float("nan"), float("inf"), "", "x", "\0", "\ud800", "\x1b[2J", "../x", "9" * 400,
    "2000-01-01T00:00:00Z", "x" * 5_000, [], {}, [[]], {"": 0},
)  # fmt: skip
_MAX_BYTES: Final = 256 * 1024


def mutated(source: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds, changed some times; of a JSON document half of the time a value."""
    data = source.choice(seeds)
    if source.random() < 0.5 and data[:1] in {b"{", b"["} and (changed := changed_json(source, data)):
        return changed
    for _ in range(source.choice((1, 1, 2, 4, 16))):
        data = source.choice(_CHANGES)(source, data, seeds)[:_MAX_BYTES]
    return data


def changed_json(source: random.Random, data: bytes) -> bytes | None:
    """A document with some values replaced, removed or copied; None if it is not JSON, or too deep."""
    try:
        return _changed_json(source, data)
    except (ValueError, RecursionError):
        return None


def _changed_json(source: random.Random, data: bytes) -> bytes:
    document = json.loads(data)
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        holders = list(_holders(document))
        if not holders:
            break
        _change_one(source, source.choice(holders))
    return (
        json.dumps(document, sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"
    )


def _holders(value: Any) -> Iterator[dict[str, Any] | list[Any]]:
    if isinstance(value, dict | list) and value:
        yield value
        for child in value.values() if isinstance(value, dict) else value[:50]:
            yield from _holders(child)


def _change_one(source: random.Random, holder: dict[str, Any] | list[Any]) -> None:
    key: Any = source.choice(list(holder)) if isinstance(holder, dict) else source.randrange(len(holder))
    act = source.random()
    if act < 0.15:
        del holder[key]
    elif act < 0.3 and isinstance(holder, list):
        holder.append(holder[key])
    elif act < 0.3 and isinstance(holder, dict):
        holder[f"{key}x"] = holder[key]
    elif act < 0.45 and type(holder[key]) in {int, float} and abs(holder[key]) < 1e300:
        holder[key] += source.choice((-1, 1, 2**31, -(2**31), 0.5))
    else:
        holder[key] = source.choice(_VALUES)


def _place(source: random.Random, data: bytes) -> int:
    return source.randrange(len(data) + 1)


def _flip(source: random.Random, data: bytes, _seeds: Sequence[bytes]) -> bytes:
    if not data:
        return b"\0"
    at = source.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << source.randrange(8))]) + data[at + 1 :]


def _remove(source: random.Random, data: bytes, _seeds: Sequence[bytes]) -> bytes:
    start = _place(source, data)
    return data[:start] + data[start + source.choice((1, 2, 8, 64, 1_000)) :]


def _cut(source: random.Random, data: bytes, _seeds: Sequence[bytes]) -> bytes:
    return data[: _place(source, data)]


def _insert(source: random.Random, data: bytes, _seeds: Sequence[bytes]) -> bytes:
    at = _place(source, data)
    return data[:at] + source.choice(_INTERESTING) + data[at:]


def _overwrite(source: random.Random, data: bytes, _seeds: Sequence[bytes]) -> bytes:
    at, new = _place(source, data), source.choice((source.choice(_INTERESTING), source.randbytes(4)))
    return data[:at] + new + data[at + len(new) :]


def _repeat(source: random.Random, data: bytes, _seeds: Sequence[bytes]) -> bytes:
    start = _place(source, data)
    part = data[start : start + source.choice((1, 4, 30, 200))]
    return data[:start] + part * source.choice((2, 3, 50)) + data[start:]


def _join(source: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    other = source.choice(seeds)
    return data[: _place(source, data)] + other[_place(source, other) :]


_CHANGES: Final[tuple[Callable[[random.Random, bytes, Sequence[bytes]], bytes], ...]] = (
    _flip, _remove, _cut, _insert, _overwrite, _repeat, _join,
)  # fmt: skip
