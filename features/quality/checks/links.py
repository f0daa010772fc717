"""Facts tied to a stay or visit that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from features.quality.finding import Found, RowCheck
from features.quality.view import View


def _loose(view: View) -> Iterator[Found]:
    for table in ("diagnosis", "procedure"):
        for to in ("stay", "visit"):
            tied = view.tied(table, to)
            yield Found(table, int((tied == -1).sum()), int((tied >= -1).sum()), to,
                        noun=f"tied to a {to}")  # fmt: skip


CHECKS = (
    RowCheck(
        "tied_to_nothing",
        "warning",
        "{rows} tied to a {what} that is not there",
        "They count for no stay or visit; look for rows that were rejected or filtered away.",
        _loose,
        from_share=0.001,
    ),
)
