"""250 features that pandas, polars, DuckDB and Caseload compute alike, each in its own way."""
