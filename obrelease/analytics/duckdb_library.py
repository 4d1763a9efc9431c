"""DuckDB, which is in the extra `analytics`."""

from __future__ import annotations

import importlib.util
from typing import Any, Final

from obrelease.errors import UsageError

_INSTALL: Final = 'pip install "obrelease[analytics]"'


def require_duckdb() -> None:
    """Check that DuckDB is installed, without loading it.

    Raises:
        UsageError: it is not.
    """
    if importlib.util.find_spec("duckdb") is None:
        raise UsageError("exports and queries need DuckDB", hint=_INSTALL)


def load_duckdb() -> Any:
    """The module; raises as `require_duckdb`."""
    require_duckdb()
    import duckdb

    return duckdb
