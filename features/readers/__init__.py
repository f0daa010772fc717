"""One module per source format, each: source -> canonical rows, and no further."""
