"""Release automation and an artefact registry for benchmark results.

The public API is everything in `__all__`; `docs/python-api.md` describes it. Names are loaded when they
are first used, so importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obrelease.api import Comparison as Comparison
    from obrelease.api import ComparisonReport as ComparisonReport
    from obrelease.api import Entry as Entry
    from obrelease.api import GateReport as GateReport
    from obrelease.api import GcReport as GcReport
    from obrelease.api import HistoryReport as HistoryReport
    from obrelease.api import Latencies as Latencies
    from obrelease.api import MeasureReport as MeasureReport
    from obrelease.api import Metric as Metric
    from obrelease.api import Project as Project
    from obrelease.api import PublishResult as PublishResult
    from obrelease.api import Registry as Registry
    from obrelease.api import Reporter as Reporter
    from obrelease.api import ValidationReport as ValidationReport
    from obrelease.api import VerifyResult as VerifyResult
    from obrelease.api import compare as compare
    from obrelease.api import compare_within as compare_within
    from obrelease.api import gate as gate
    from obrelease.api import history as history
    from obrelease.api import limits as limits
    from obrelease.api import measure as measure
    from obrelease.api import publish as publish
    from obrelease.api import record as record
    from obrelease.api import verify as verify
    from obrelease.errors import CheckFailed as CheckFailed
    from obrelease.errors import Conflict as Conflict
    from obrelease.errors import IncompleteInput as IncompleteInput
    from obrelease.errors import Inconclusive as Inconclusive
    from obrelease.errors import IntegrityError as IntegrityError
    from obrelease.errors import InvalidInput as InvalidInput
    from obrelease.errors import MeasurementFailed as MeasurementFailed
    from obrelease.errors import NotFound as NotFound
    from obrelease.errors import NotReproduced as NotReproduced
    from obrelease.errors import ObreleaseError as ObreleaseError
    from obrelease.errors import ProcessKilled as ProcessKilled
    from obrelease.errors import RemoteError as RemoteError
    from obrelease.errors import StorageError as StorageError
    from obrelease.errors import UsageError as UsageError

__version__: str

__all__ = [
    "CheckFailed",
    "Comparison",
    "ComparisonReport",
    "Conflict",
    "Entry",
    "GateReport",
    "GcReport",
    "HistoryReport",
    "IncompleteInput",
    "Inconclusive",
    "IntegrityError",
    "InvalidInput",
    "Latencies",
    "MeasureReport",
    "MeasurementFailed",
    "Metric",
    "NotFound",
    "NotReproduced",
    "ObreleaseError",
    "ProcessKilled",
    "Project",
    "PublishResult",
    "Registry",
    "RemoteError",
    "Reporter",
    "StorageError",
    "UsageError",
    "ValidationReport",
    "VerifyResult",
    "__version__",
    "compare",
    "compare_within",
    "gate",
    "history",
    "limits",
    "measure",
    "publish",
    "record",
    "verify",
]


def __getattr__(name: str) -> object:
    """Load a public name when it is first used (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "__version__":
        from obrelease.version import VERSION

        return VERSION
    errors = import_module("obrelease.errors")
    value = getattr(errors, name) if hasattr(errors, name) else getattr(import_module("obrelease.api"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
