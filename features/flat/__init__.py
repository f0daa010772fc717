"""A flat table in place of a History: rows of somebody's own, a prediction asked of each.

`FlatTable` is the recipe's section that says what its columns are, `read_table` reads one, and
`features_of_table` makes the matrix, with what earlier rows of the same person say and no more.
"""

from features.flat.build import FlatRows, features_of_table
from features.flat.entries import catalogue_of_table, categories_kept
from features.flat.read import Read, read_table
from features.flat.table import FlatTable, flat_table_of

__all__ = [
    "FlatRows",
    "FlatTable",
    "Read",
    "catalogue_of_table",
    "categories_kept",
    "features_of_table",
    "flat_table_of",
    "read_table",
]
