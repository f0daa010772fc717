"""Reads FHIR R4: Bulk Data NDJSON, Bundles, and one bundle of a request, all by one parser.

    paths.csv   which element of which resource becomes which column (values.py: how it is read)
    parse.py    text to rows of these columns, resource by resource
    people.py   who is who; contacts.py, facts.py, claims.py: what their resources become
    join.py     rows of some people to canonical rows, vectorised
    bulk.py     the reader: files to blocks (files.py), blocks to rows, people in parts to the join
    online.py   the same for one bundle in memory

What codes mean stands in places.py and codings.py. It decides nothing clinical.
"""

from features.readers.fhir.online import tables_of_bundle

__all__ = ["tables_of_bundle"]
