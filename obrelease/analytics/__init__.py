"""Questions over many runs: an export of figures and facts as Parquet files, and SQL over it (DuckDB)."""
