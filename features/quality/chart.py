"""Rows by month as a small drawing (inline SVG), with ramps and holes in a colour of their own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from features.quality.months import Month, month_name

WIDTH, HEIGHT, FOOT = 640, 96, 18
MOST_YEARS = 12
"""Years named below the drawing."""


def chart(title: str, months: Sequence[Month], rows: Sequence[int], odd: Sequence[bool]) -> str:
    """The drawing. odd: the month belongs to a ramp or hole; its column is hatched and coloured."""
    most = max(rows, default=0) or 1
    step = WIDTH / max(len(months), 1)
    bars = "".join(
        _bar(k * step, step, count / most * HEIGHT, odd[k]) for k, count in enumerate(rows) if count
    )
    told = escape(_told(title, months, rows, odd))
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT + FOOT}" role="img" aria-label="{told}">'
        f"{bars}{_odd_ground(odd, step)}"
        f'<line class="axis" x1="0" x2="{WIDTH}" y1="{HEIGHT}" y2="{HEIGHT}"/>'
        f"{_years(months, step)}</svg>"
    )


def _bar(x: float, step: float, height: float, odd: bool) -> str:
    kind = "odd" if odd else "usual"
    width = max(step * 0.86, 0.4)
    return (
        f'<rect class="{kind}" x="{x:.2f}" y="{HEIGHT - height:.2f}" width="{width:.2f}" '
        f'height="{height:.2f}"/>'
    )


def _odd_ground(odd: Sequence[bool], step: float) -> str:
    """A line above the months of a ramp or hole, for whoever sees no colours."""
    return "".join(
        f'<rect class="mark" x="{k * step:.2f}" y="0" width="{step:.2f}" height="3"/>'
        for k, one in enumerate(odd)
        if one
    )


def _years(months: Sequence[Month], step: float) -> str:
    """Names of years at their January, every so many years that they do not touch."""
    januaries = [(k, m.start.year) for k, m in enumerate(months) if m.start.month == 1 or k == 0]
    every = -(-len(januaries) // MOST_YEARS) or 1
    return "".join(
        f'<text x="{k * step:.1f}" y="{HEIGHT + 14}">{year}</text>'
        for n, (k, year) in enumerate(januaries)
        if n % every == 0 and (k + 40 / step) < len(months) + 1
    )


def _told(title: str, months: Sequence[Month], rows: Sequence[int], odd: Sequence[bool]) -> str:
    if not months:
        return f"{title}: no month"
    text = (
        f"{title} by month, {month_name(months[0])} to {month_name(months[-1])}, between "
        f"{min(rows):,} and {max(rows):,}"
    )
    names = [month_name(m) for m, one in zip(months, odd, strict=True) if one]
    return f"{text}; {len(names)} months are short, {names[0]} to {names[-1]}" if names else text
