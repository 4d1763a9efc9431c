"""The arguments of `record`, checked: an error names the metric, sample, file or label, and the cure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from obrelease.errors import InvalidInput, UsageError
from obrelease.models.artefact import MAX_KEY, MAX_SAMPLES, MAX_UNIT, Scalar
from obrelease.models.base import MAX_SAFE_INTEGER
from obrelease.models.json_values import float_error
from obrelease.models.labels_and_directions import Direction
from obrelease.models.metric_identity import slug

_MAX_CREATED_NS: Final = 2**63 - 1
_MAX_PROGRAM_NAME: Final = 64
_MAX_TEXT: Final = 4096
_DIRECTIONS: Final = get_args(Direction)
_LARGEST_NS: Final = 3_600_000_000_000
_NANOSECONDS: Final = np.dtype("timedelta64[ns]")


def checked_name(what: str, name: object) -> str:
    """A name that an envelope takes; raises `UsageError` or `InvalidInput`."""
    if not isinstance(name, str):
        raise UsageError(f"{what}: the name is {name!r}, not text")
    if not name:
        raise InvalidInput(f"{what}: the name is empty", hint="name it")
    return checked_text(f"the name of the {what}", name)


def program_name(name: object) -> str:
    """The slug of a program's name, which is stored with the run.

    Raises:
        UsageError: it is not text.
        InvalidInput: it has no ASCII letter and no digit, or is longer than a slug.
    """
    if not isinstance(name, str):
        raise UsageError(f"producer: the name is {name!r}, not text")
    lost = next((c for c in name if c.isalnum() and not c.isascii()), None)
    if lost is not None:
        raise InvalidInput(f"producer: {lost!r} cannot be stored", hint="write the name with a-z and 0-9")
    if not re.search("[A-Za-z0-9]", name):
        raise InvalidInput("producer: the name has no letter and no digit", hint="name it with a-z and 0-9")
    if len(re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")) > _MAX_PROGRAM_NAME:
        raise InvalidInput(
            f"producer: the name has more than {_MAX_PROGRAM_NAME} characters", hint="shorten it"
        )
    return slug(name)


def checked_text(what: str, text: object) -> str:
    """Text that an envelope takes; raises `UsageError` or `InvalidInput`."""
    if not isinstance(text, str):
        raise UsageError(f"{what} is {text!r}, not text")
    if len(text) > _MAX_TEXT:
        raise InvalidInput(f"{what} has {len(text):,} characters; at most {_MAX_TEXT:,} are stored")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidInput(f"{what} is not valid text: it has a lone surrogate") from error
    return text


def checked_unit(metric: str, unit: object) -> str:
    """A unit's symbol; micro is written `u`. Raises `UsageError` or `InvalidInput`."""
    if not isinstance(unit, str):
        raise UsageError(f"metric {metric!r}: the unit is {unit!r}, not text")
    if not 0 < len(unit) <= MAX_UNIT:
        raise InvalidInput(
            f"metric {metric!r}: the unit has {len(unit)} characters, not 1 to {MAX_UNIT}",
            hint="write a symbol, such as ms or req/s; write 1 for counts",
        )
    return checked_text(f"the unit of metric {metric!r}", unit.replace("\u00b5", "u").replace("\u03bc", "u"))


def checked_direction(metric: str, better: object) -> Direction | None:
    """`higher`, `lower` or None; raises `UsageError`."""
    if better is None:
        return None
    for direction in _DIRECTIONS:
        if isinstance(better, str) and better == direction:
            return direction  # type: ignore[no-any-return]
    raise UsageError(
        f"metric {metric!r}: better is {better!r}", hint="pass 'higher' or 'lower', or leave it out"
    )


def checked_samples(metric: str, samples: object) -> tuple[int | float, ...]:
    """The samples of a metric as plain numbers, from any iterable: a list, a NumPy array, a pandas Series.

    Raises:
        UsageError: not one dimension of numbers, or empty.
        InvalidInput: NaN, infinite, not exact, or too many.
    """
    place = f"metric {metric!r}"
    if isinstance(samples, str | bytes | Mapping) or not isinstance(samples, Iterable):
        raise UsageError(f"{place}: samples is {samples!r:.40}", hint="pass a list or an array of numbers")
    ndim = getattr(samples, "ndim", 1)
    if ndim != 1:
        raise UsageError(
            f"{place}: samples has {ndim} dimensions", hint="pass one dimension, or a metric each"
        )
    values = samples.tolist() if hasattr(samples, "tolist") else list(samples)
    if not values:
        raise UsageError(f"{place} has no samples", hint="pass at least one, or leave the metric out")
    if len(values) > MAX_SAMPLES:
        raise InvalidInput(
            f"{place}: {len(values):,} samples; at most {MAX_SAMPLES:,} are stored",
            hint="record latencies as a histogram, or keep the samples in a file of the run",
        )
    if _is_timedelta(samples):
        raise UsageError(
            f"{place}: samples are time differences", hint="pass numbers in the unit of the metric"
        )
    return tuple(
        value
        if (type(value) is float or type(value) is int) and -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER
        else _sample(f"{place}, sample {number}", value)
        for number, value in enumerate(values, start=1)
    )


def _sample(place: str, value: object) -> int | float:
    """A number that has no other form; NumPy scalars are converted."""
    plain = value.item() if isinstance(value, np.number) else value
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise UsageError(f"{place}: {value!r:.40} is not a number", hint="pass int or float")
    if isinstance(plain, int):
        if abs(plain) > MAX_SAFE_INTEGER:
            raise InvalidInput(f"{place}: {plain} is beyond 2^53 - 1", hint="record it in a larger unit")
        return int(plain)
    if reason := float_error(plain):
        hint = "record it in a larger unit" if abs(plain) < float("inf") else "leave it out"
        raise InvalidInput(f"{place}: {plain} cannot be stored: {reason}", hint=hint)
    return float(plain)


def _is_timedelta(values: object) -> bool:
    return getattr(getattr(values, "dtype", None), "kind", "") in {"m", "M"}


def checked_latencies(name: str, values: object) -> NDArray[np.int64]:
    """Latencies as int64 nanoseconds, [n]; time differences of NumPy and pandas are converted.

    Raises:
        UsageError: not one dimension of whole nanoseconds, or empty.
        InvalidInput: negative, or beyond an hour.
    """
    place = f"histogram {name!r}"
    wrong = UsageError(
        f"{place}: latencies are whole nanoseconds, one dimension",
        hint="round them, for example by numpy.rint(values).astype('int64')",
    )
    if isinstance(values, np.ma.MaskedArray):
        raise UsageError(f"{place}: is a masked array", hint="pass values.compressed()")
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError) as error:
        raise wrong from error
    if array.dtype.kind == "m":
        array = _nanoseconds(place, array)
    if array.ndim == 1 and not array.size:
        raise UsageError(f"{place} has no latencies", hint="pass at least one, or leave the histogram out")
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise wrong
    bad = np.flatnonzero((array < 0) | (array > _LARGEST_NS))
    if bad.size:
        first = int(bad[0])
        raise InvalidInput(
            f"{place}, latency {first + 1}: {array[first]} ns is not between 0 and one hour",
            hint="leave it out, or record it as a metric",
        )
    return array.astype(np.int64)


def _nanoseconds(place: str, array: NDArray[Any]) -> NDArray[np.int64]:
    """Time differences as nanoseconds, if they are whole ones of a known unit."""
    unit, _ = np.datetime_data(array.dtype)
    if unit in {"generic", "Y", "M"}:
        raise UsageError(f"{place}: the time differences have no fixed unit", hint="pass whole nanoseconds")
    if np.isnat(array).any():
        raise InvalidInput(f"{place}: a time difference is NaT", hint="leave it out")
    whole = array.astype(_NANOSECONDS)
    if (whole.astype(array.dtype) != array).any():
        raise InvalidInput(f"{place}: a time difference is not a number of nanoseconds within 292 years")
    return whole.astype(np.int64)


def checked_clock(name: str, clock: object) -> Any:
    """`service` or `response`; raises `UsageError`."""
    if not isinstance(clock, str) or clock not in {"service", "response"}:
        raise UsageError(f"histogram {name!r}: clock is {clock!r}", hint="pass 'service' or 'response'")
    return clock


def checked_mapping(argument: str, values: object) -> Mapping[Any, Any]:
    """A mapping, empty if None; raises `UsageError`."""
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise UsageError(f"{argument} is a {type(values).__name__}", hint="pass a dict")
    return values


def checked_labels(labels: object) -> dict[str, Scalar]:
    """Labels by key; raises `UsageError` or `InvalidInput`."""
    return checked_scalars("label", checked_mapping("labels", labels))


def checked_scalars(what: str, values: object) -> dict[str, Scalar]:
    """Labels or parameters by key; raises `UsageError` or `InvalidInput`."""
    found: dict[str, Scalar] = {}
    for key, value in checked_mapping(what, values).items():
        if not isinstance(key, str):
            raise UsageError(f"{what} {key!r}: the key is not text")
        if not 0 < len(key) <= MAX_KEY:
            raise InvalidInput(
                f"{what} {key[:40]!r}: the key has {len(key)} characters, not 1 to {MAX_KEY}",
                hint="choose a shorter key, which is not empty",
            )
        found[checked_text(f"the key of {what} {key!r}", key)] = _scalar_value(f"{what} {key!r}", value)
    return found


def _scalar_value(place: str, value: object) -> Scalar:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, bool):
        return plain
    if isinstance(plain, str):
        return checked_text(place, str(plain))
    if isinstance(plain, int | float):
        return _sample(place, plain)
    raise UsageError(f"{place}: {value!r:.40} is not text, a number or a boolean", hint="pass str(...)")


def checked_command(command: object) -> tuple[str, ...]:
    """The words of a command; raises `UsageError` or `InvalidInput`."""
    if isinstance(command, str | bytes) or not isinstance(command, Iterable):
        raise UsageError(
            f"command is {command!r:.60}, not a list of words", hint="pass its words, for example sys.argv"
        )
    return tuple(
        checked_text(f"command, word {number}", word) for number, word in enumerate(command, start=1)
    )


def checked_time_ns(created_ns: object) -> int:
    """Nanoseconds since 1970, before the year 2262; raises `UsageError`."""
    plain = created_ns.item() if isinstance(created_ns, np.integer) else created_ns
    if isinstance(plain, bool) or not isinstance(plain, int) or not 0 <= plain <= _MAX_CREATED_NS:
        raise UsageError(
            f"created_ns is {created_ns!r:.40}", hint="pass nanoseconds since 1970, such as time.time_ns()"
        )
    return plain


def checked_file(path: object, content: object) -> tuple[str, bytes | Path]:
    """A file of the run: its path, and its bytes or the file to copy; raises `UsageError`."""
    if not isinstance(path, str):
        raise UsageError(f"files: the path {path!r} is not text")
    if isinstance(content, bytearray | memoryview):
        return path, bytes(content)
    if isinstance(content, bytes | Path):
        return path, content
    hint = "pass bytes, such as text.encode(), or a pathlib.Path to copy"
    raise UsageError(f"file {path!r}: its content is {type(content).__name__}", hint=hint)


def checked_items(argument: str, values: object, kind: type[Any]) -> list[Any]:
    """A sequence of metrics or histograms; raises `UsageError`."""
    if isinstance(values, str | bytes | Mapping | kind) or not isinstance(values, Iterable):
        raise UsageError(
            f"{argument} is a {type(values).__name__}", hint=f"pass a list of {kind.__name__} objects"
        )
    found = list(values)
    for number, value in enumerate(found, start=1):
        if not isinstance(value, kind):
            raise UsageError(
                f"{argument}, item {number}: is a {type(value).__name__}", hint=f"pass {kind.__name__}(...)"
            )
    return found
