"""Filters for runs: as a value, and as text of the form `key=value`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from obrelease.errors import UsageError
from obrelease.registry.entry import Entry

if TYPE_CHECKING:
    from obrelease.models.artefact import Artefact, Scalar

_HEX: Final = re.compile(r"[0-9a-f]{1,64}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_VALUE_LENGTH: Final = 4096

_BOOLEANS: Final = {"yes": True, "no": False, "true": True, "false": False, "True": True, "False": False}

_LABEL: Final = "label."

PASSED: Final = "passed"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that all must hold; None is no condition. Raises `UsageError` for text that no run can have.

    Attributes:
        kind, scenario, core, workload: equal.
        digest, commit, events_digest: prefixes, in lower-case hex.
        since_ns, until_ns: created at or after `since_ns` and before `until_ns`.
        dirty: whether the source tree had uncommitted changes.
        checks: `PASSED` or `FAILED`; a run without checks matches neither.
        title, host, metric: names or shell patterns, case counts; `metric` of any metric or histogram.
        labels: keys, each with a value or a pattern; `true` and `false` for booleans.
    """

    kind: str | None = None
    scenario: str | None = None
    core: str | None = None
    digest: str | None = None
    commit: str | None = None
    events_digest: str | None = None
    workload: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    dirty: bool | None = None
    checks: str | None = None
    title: str | None = None
    host: str | None = None
    metric: str | None = None
    labels: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        texts = (self.kind, self.scenario, self.core, self.workload, self.title, self.host, self.metric)
        for text in (*texts, *(part for label in self.labels for part in label)):
            try:
                (text or "").encode("utf-8")
            except UnicodeEncodeError as error:
                raise UsageError(f"{text!r} is not valid text") from error

    def __str__(self) -> str:
        given = [(field.name, getattr(self, field.name)) for field in fields(self) if field.name != "labels"]
        given += [(f"{_LABEL}{key}", value) for key, value in self.labels]
        return " ".join(f"{name}={value}" for name, value in given if value is not None)

    @property
    def needs_envelope(self) -> bool:
        """Whether a condition is about what only the envelope of a run has."""
        return bool(self.labels) or not self.title is self.host is self.metric is None

    def accepts_envelope(self, artefact: Artefact) -> bool:
        """Whether the envelope of a run has the title, the host, the labels and the metric."""
        labels = artefact.label_values
        names = (*(each.name for each in artefact.metrics), *(each.name for each in artefact.histograms))
        return (
            _matches(artefact.title, self.title)
            and _matches(artefact.host.name, self.host)
            and all(key in labels and _matches(_label_text(labels[key]), value) for key, value in self.labels)
            and (self.metric is None or any(_matches(name, self.metric) for name in names))
        )

    def accepts(self, entry: Entry) -> bool:
        """Whether a run matches, apart from `accepts_envelope`: the SQL of the index must agree with it."""
        return (
            all(
                wanted is None or wanted == found
                for wanted, found in (
                    (self.kind, entry.kind),
                    (self.scenario, entry.scenario),
                    (self.core, entry.core),
                    (self.workload, entry.workload),
                    (self.dirty, entry.dirty),
                )
            )
            and all(
                start is None or (found is not None and found.startswith(start))
                for start, found in (
                    (self.digest, entry.digest),
                    (self.commit, entry.commit),
                    (self.events_digest, entry.events_digest),
                )
            )
            and (self.since_ns is None or entry.created_ns >= self.since_ns)
            and (self.until_ns is None or entry.created_ns < self.until_ns)
            and (self.checks is None or self.checks == _checks_of(entry))
        )


def parse_filter(*words: str) -> Filter:
    """Read a filter from words of the form `key=value`, each key at most once; all must hold.

    `kind`, `scenario`, `core` and `workload` must be equal. `digest`, `commit` and `events` are
    prefixes, with or without `..` at the end. `since` (at or after) and `until` (before) take a day, a
    time in ISO 8601 (UTC without a zone), or nanoseconds since 1970. `dirty` takes `yes` or `no`, or
    `true` or `false` as JSON and CSV print it. `checks` takes `passed` or `failed`. `title`, `host`,
    `metric` and `label.KEY` take a name or a shell pattern; they are read from the envelopes of the runs
    that pass the other conditions. One text may hold several words, separated by spaces; quotes keep a
    value with spaces together, as in a shell.

    Raises:
        UsageError: an unknown key, a key given twice, or a value that is not valid.
    """
    found = Filter()
    seen: set[str] = set()
    for word in (part for text in words for part in _split(text)):
        key, equals, value = word.partition("=")
        if not equals or (key not in _KEYS and (not key.startswith(_LABEL) or key == _LABEL)):
            from obrelease.models.close_names import hint_with_suggestion

            rule = f"write key=value, with quotes around blanks; keys: {', '.join(_KEYS)}, {_LABEL}KEY"
            raise UsageError(f"{word!r} is not a filter", hint=hint_with_suggestion(key, _KEYS, rule))
        if key in seen:
            raise UsageError(f"the filter {key!r} is given twice", hint="pass each key once")
        if not value or len(value) > _MAX_VALUE_LENGTH:
            raise UsageError(f"the filter {key}= has no value, or its value is too long")
        seen.add(key)
        if key.startswith(_LABEL):
            found = replace(found, labels=(*found.labels, (key.removeprefix(_LABEL), value)))
            continue
        field, read = _KEYS[key]
        found = replace(found, **{field: read(key, value)})
    return found


def _split(text: str) -> list[str]:
    """The words of a text; quotes keep blanks, and a text without quotes is split at blanks alone."""
    if not any(quote in text for quote in "'\""):
        return text.split()
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{text[:60]!r}: {str(error).lower()}", hint="close each quote") from error


def _matches(found: str | None, pattern: str | None) -> bool:
    from obrelease.models.metric_identity import name_matches

    return pattern is None or (found is not None and name_matches(found, pattern))


def _label_text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(_: str, value: str) -> str:
    return value


def _hex(key: str, value: str) -> str:
    start = value.removesuffix("..").lower()
    if not _HEX.fullmatch(start):
        what = "commit, and names of branches are not known here" if key == "commit" else "digest"
        raise UsageError(f"{key}={value}: not the prefix of a {what}", hint=f"such as {key}=79067c..")
    return start


def _time(key: str, value: str) -> int:
    if value.isascii() and value.isdecimal() and len(value) > len("20261001"):
        return int(value)
    try:
        moment = datetime.fromisoformat(value)
        since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{key}={value}: not a time", hint=f"such as {key}=2026-10-01 or {key}=2026-10-01T12:30:00Z"
        ) from error
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000


def _boolean(key: str, value: str) -> bool:
    if value not in _BOOLEANS:
        raise UsageError(f"{key}={value}: not yes or no", hint=f"one of {', '.join(_BOOLEANS)}")
    return _BOOLEANS[value]


def _checks(key: str, value: str) -> str:
    if value not in {PASSED, FAILED}:
        raise UsageError(f"{key}={value}: not {PASSED} or {FAILED}")
    return value


def _checks_of(entry: Entry) -> str | None:
    if entry.checks_failed is None:
        return None
    return FAILED if entry.checks_failed else PASSED


_KEYS: Final[dict[str, tuple[str, Callable[[str, str], Any]]]] = {
    "kind": ("kind", _text),
    "scenario": ("scenario", _text),
    "core": ("core", _text),
    "workload": ("workload", _text),
    "digest": ("digest", _hex),
    "commit": ("commit", _hex),
    "events": ("events_digest", _hex),
    "since": ("since_ns", _time),
    "until": ("until_ns", _time),
    "dirty": ("dirty", _boolean),
    "checks": ("checks", _checks),
    "title": ("title", _text),
    "host": ("host", _text),
    "metric": ("metric", _text),
}

FILTER_KEYS: Final = tuple(_KEYS)
"""The keys of the filter language."""
