"""The facts of a run that the registry keeps in its index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from obrelease.errors import InvalidInput
from obrelease.models.artefact_format import ARTEFACT_VERSION, ENVELOPE_NAME, MAX_SAFE_INTEGER
from obrelease.storage.files import read_bounded, read_small
from obrelease.storage.hashing import digest_bytes

if TYPE_CHECKING:
    from obrelease.models.artefact import Artefact

_FORMAT: Final = "obrelease.artefact"
_VERSIONS: Final = (1, ARTEFACT_VERSION)
_MAX_BYTES: Final = 2**63 - 1
_MAX_TIME_DIGITS: Final = 20

FIELDS: Final = (
    "digest", "kind", "scenario", "path", "created_ns", "size_bytes", "core", "commit", "dirty", "workload",
    "messages", "events_digest", "checks_failed",
)  # fmt: skip
"""The keys of `Entry.as_json`, in order."""


class Entry(NamedTuple):
    """A recorded run; a tuple, because lists make many thousands.

    Attributes:
        digest: the artefact digest, sha256 of `artefact.json` as stored.
        root: the results folder.
        location: the path of the run's folder, relative to `root`, with `/`.
        created_ns: nanoseconds since 1970, by the clock of the machine that ran it.
        size_bytes: of the envelope and all files together.
        core, commit, dirty, workload, messages, events_digest: from the envelope, or None.
        checks_failed: how many checks of the run failed; None if it has no checks.
    """

    digest: str
    kind: str
    scenario: str
    root: Path
    location: str
    created_ns: int
    size_bytes: int
    core: str | None
    commit: str | None
    dirty: bool | None
    workload: str | None
    messages: int | None
    events_digest: str | None
    checks_failed: int | None

    @property
    def folder(self) -> Path:
        """The run's folder; a property, because most entries of a long list never need it."""
        return self.root / self.location

    def as_json(self) -> dict[str, Any]:
        """The entry for `--json`: the folder as its location, nanoseconds as text."""
        return {
            "digest": self.digest,
            "kind": self.kind,
            "scenario": self.scenario,
            "path": self.location,
            "created_ns": str(self.created_ns),
            "size_bytes": self.size_bytes,
            "core": self.core,
            "commit": self.commit,
            "dirty": self.dirty,
            "workload": self.workload,
            "messages": self.messages,
            "events_digest": self.events_digest,
            "checks_failed": self.checks_failed,
        }


def entry_of(artefact: Artefact, digest: str, root: Path, location: str, envelope_bytes: int) -> Entry:
    """The entry of an artefact whose folder is `root / location`."""
    core = artefact.parameters.get("core")
    workload, outcome = artefact.workload, artefact.outcome
    return Entry(
        digest=digest,
        kind=artefact.kind,
        scenario=artefact.scenario,
        root=root,
        location=location,
        created_ns=int(artefact.created_ns),
        size_bytes=envelope_bytes + sum(entry.size for entry in artefact.files),
        core=core if isinstance(core, str) else None,
        commit=artefact.producer.commit,
        dirty=artefact.producer.dirty,
        workload=workload.name if workload else None,
        messages=workload.messages if workload else None,
        events_digest=outcome.events_digest if outcome else None,
        checks_failed=_failed_checks([check.passed for check in outcome.checks]) if outcome else None,
    )


def read_entry(root: Path, location: str) -> Entry:
    """Read the entry of the folder at `location`; only its envelope is opened.

    An index may hold a million runs, so the envelope is not validated completely: its digest must match
    the folder's name, and the facts of the entry must be well formed. `Registry.load` validates the rest.

    Raises:
        NotFound, StorageError: the envelope cannot be read.
        InvalidInput: the envelope is malformed, or it belongs in another folder.
    """
    data = read_envelope(root, location)
    digest = digest_bytes(data)
    entry = _fast_entry(data, digest, root, location) or _validated_entry(data, digest, root, location)
    if (fault := location_mismatch(entry.kind, entry.scenario, digest, location)) is not None:
        raise InvalidInput(f"{root / location}: {fault}")
    if entry.size_bytes > _MAX_BYTES:
        raise InvalidInput(f"{root / location}: its files have more than {_MAX_BYTES} bytes in total")
    return entry


def read_envelope(root: Path, location: str) -> bytes:
    """The bytes of the envelope of the folder at `location`.

    Raises:
        NotFound, InvalidInput, StorageError: it cannot be read.
    """
    return read_small(f"{root}/{location}/{ENVELOPE_NAME}") or read_bounded(root / location / ENVELOPE_NAME)


def _validated_entry(data: bytes, digest: str, root: Path, location: str) -> Entry:
    from obrelease.models.validation import read_artefact_model  # loads pydantic

    where = str(root / location / ENVELOPE_NAME)
    return entry_of(read_artefact_model(data, where), digest, root, location, len(data))


def _fast_entry(data: bytes, digest: str, root: Path, location: str) -> Entry | None:
    """The entry from the parsed JSON, without the model; None if anything is unusual."""
    from pydantic_core import from_json  # lists of runs that the index knows do without

    try:
        value = from_json(data, cache_strings="keys")
        created = value["created_ns"]
        if value["format"] != _FORMAT or value["version"] not in _VERSIONS:
            return None
        if not created.isascii() or not created.isdecimal() or len(created) > _MAX_TIME_DIGITS:
            return None
        entry = entry_of_value(value, digest, root, location, len(data))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return entry if _is_well_formed(entry) else None


def entry_of_value(
    value: dict[str, Any], digest: str, root: Path, location: str, envelope_bytes: int
) -> Entry:
    """As `entry_of`, from the JSON value of a valid envelope that has all fields.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is not valid, or leaves fields out.
    """
    core, workload, outcome = value["parameters"].get("core"), value["workload"], value["outcome"]
    producer = value["producer"]
    return Entry(
        digest=digest,
        kind=value["kind"],
        scenario=value["scenario"],
        root=root,
        location=location,
        created_ns=int(value["created_ns"]),
        size_bytes=envelope_bytes + sum([entry["size"] for entry in value["files"]]),
        core=core if isinstance(core, str) else None,
        commit=producer["commit"],
        dirty=producer["dirty"],
        workload=None if workload is None else workload["name"],
        messages=None if workload is None else workload["messages"],
        events_digest=None if outcome is None else outcome["events_digest"],
        checks_failed=None
        if outcome is None
        else _failed_checks([check["passed"] for check in outcome["checks"]]),
    )


def _failed_checks(passed: list[Any]) -> int | None:
    if not {*map(type, passed)} <= {bool}:
        raise TypeError("the result of a check is not a boolean")
    return passed.count(False) if passed else None


def _is_well_formed(entry: Entry) -> bool:
    return (
        isinstance(entry.kind, str)
        and isinstance(entry.scenario, str)
        and entry.created_ns < 2**64
        and type(entry.size_bytes) is int
        and (entry.commit is None or isinstance(entry.commit, str))
        and (entry.dirty is None or isinstance(entry.dirty, bool))
        and (entry.workload is None or isinstance(entry.workload, str))
        and (entry.messages is None or _is_count(entry.messages))
        and (entry.events_digest is None or isinstance(entry.events_digest, str))
    )


def _is_count(number: Any) -> bool:
    return type(number) is int and 0 <= number <= MAX_SAFE_INTEGER


def location_mismatch(kind: str, scenario: str, digest: str, location: str) -> str | None:
    """Why a run of this kind, scenario and digest does not belong at `location`, or None if it does."""
    in_kind, in_scenario, name = location.split("/")
    if (in_kind, in_scenario) != (kind, scenario):
        return f"holds a run of {kind}/{scenario}"
    if not digest.startswith(name):
        return f"its name is not a prefix of the envelope's sha256, {digest}"
    return None
