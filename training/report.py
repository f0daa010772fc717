"""Plots of an evaluation, as PNG files for the run: of groups of rows, never of a person.

Each plot is a function from numbers to a figure; `write_figures` puts them into a folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.drift import Trend

Floats = npt.NDArray[np.float64]

BINS = 10
SHOWN = 20
GREY = "0.6"


def write_figures(
    folder: Path,
    *,
    y: Floats,
    risks: Mapping[str, Floats],
    trends: Sequence[Trend],
    gain: Mapping[str, float],
) -> None:
    """Write the plots of a run into `folder`.

    risks  the model's risk first, then each baseline's, on the test rows (NaN: not computable)
    gain   what each feature gained in the trees
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = next(iter(risks.values()))
    draws: dict[str, Callable[[Axes], None]] = {
        "calibration.png": lambda axes: _calibration(axes, y, model),
        "roc.png": lambda axes: _roc(axes, y, risks),
        "capture.png": lambda axes: _capture(axes, y, risks),
        "features.png": lambda axes: _gain(axes, gain),
    }
    if trends:  # without times there are no periods
        draws["event_rate_by_period.png"] = lambda axes: _periods(axes, trends)
    for name, draw in draws.items():
        figure = Figure(figsize=(6, 4.5), layout="constrained")
        draw(figure.subplots())
        figure.savefig(folder / name, dpi=90, metadata={"Software": None})


def _calibration(axes: Axes, y: Floats, risk: Floats) -> None:
    """Observed against expected by tenth of risk, of the rows that have one."""
    known = ~np.isnan(risk)
    y, risk = y[known], risk[known]
    groups = [g for g in np.array_split(np.argsort(risk, kind="stable"), BINS) if len(g)]
    expected = [float(risk[g].mean()) for g in groups]
    observed = [float(y[g].mean()) for g in groups]
    most = max(*expected, *observed, 0.01) * 1.05
    axes.plot([0, most], [0, most], color=GREY, linewidth=1)
    axes.plot(expected, observed, marker="o")
    _name(axes, "Calibration by tenth of risk", "mean risk", "observed share")


def _roc(axes: Axes, y: Floats, risks: Mapping[str, Floats]) -> None:
    for name, risk in risks.items():
        events, others = _ranked(y, risk)
        axes.plot(others, events, label=name)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1)
    axes.legend(frameon=False)
    _name(axes, "Events found against false alarms", "1 - specificity", "sensitivity")


def _capture(axes: Axes, y: Floats, risks: Mapping[str, Floats]) -> None:
    for name, risk in risks.items():
        events, others = _ranked(y, risk)
        share = events * y.mean() + others * (1 - y.mean())
        axes.plot(share, events, label=name)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1)
    axes.legend(frameon=False)
    _name(axes, "Share of events among those offered", "share offered a place", "events captured")


def _periods(axes: Axes, trends: Sequence[Trend]) -> None:
    every = sorted({period.name for trend in trends for period in trend.periods})
    axes.plot(every, np.full(len(every), np.nan))  # one trend may begin before another
    axes.set_prop_cycle(None)
    for trend in trends:
        names = [period.name for period in trend.periods]
        axes.plot(names, [period.rate for period in trend.periods], marker="o", label=trend.of)
    axes.set_ylim(bottom=0)
    axes.tick_params(axis="x", rotation=60)
    axes.legend(frameon=False, fontsize="small")
    _name(axes, "Event rate by calendar period", "", "share")


def _gain(axes: Axes, gain: Mapping[str, float]) -> None:
    top = sorted(gain.items(), key=lambda item: (-item[1], item[0]))[:SHOWN][::-1]
    total = sum(gain.values()) or 1.0
    axes.barh([name for name, _ in top], [value / total for _, value in top])
    axes.tick_params(axis="y", labelsize="x-small")
    _name(axes, "What the trees use", "share of the gain", "")


def _ranked(y: Floats, risk: Floats) -> tuple[Floats, Floats]:
    """Shares of events and of others above each distinct risk, from none to all."""
    known = ~np.isnan(risk)
    y, risk = y[known], risk[known]
    order = np.argsort(-risk, kind="stable")
    last = np.r_[risk[order][1:] != risk[order][:-1], True] if len(order) else np.zeros(0, bool)
    events, others = np.cumsum(y[order])[last], np.cumsum(1 - y[order])[last]
    return _share(events), _share(others)


def _share(counts: Floats) -> Floats:
    total = counts[-1] if len(counts) and counts[-1] else 1.0
    return np.asarray(np.r_[0.0, counts / total])


def _name(axes: Any, title: str, x: str, y: str) -> None:
    axes.set_title(title, loc="left")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
