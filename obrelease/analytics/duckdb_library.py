"""DuckDB, which is in the extra `analytics`."""

from __future__ import annotations

import importlib.util
from typing import Any

from obrelease.errors import UsageError
from obrelease.installation import install_extra


def require_duckdb() -> None:
    """Check that DuckDB is installed, without loading it.

    Raises:
        UsageError: it is not.
    """
    if importlib.util.find_spec("duckdb") is None:
        raise UsageError("exports and queries need DuckDB", hint=install_extra("analytics"))


def load_duckdb() -> Any:
    """The module; raises as `require_duckdb`."""
    require_duckdb()
    import duckdb

    return duckdb
