"""What a trained model must show before it may go live, held against its own evaluation.

A failed gate does not undo a training: the model is registered with its reasons, and going live
then takes a person's reason. It refuses nothing that could not be computed; it says so instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.recipe import Gate


@dataclass(frozen=True)
class Verdict:
    """Whether the gate was passed, and each reason why not in one sentence."""

    passed: bool
    reasons: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        return {"passed": self.passed, "reasons": list(self.reasons)}


def judge(gate: Gate, metrics: Mapping[str, Any], baselines: Mapping[str, Any]) -> Verdict:
    """The verdict on an evaluation's `metrics` and `baselines` (as in the evaluate answer)."""
    reasons = [*_discrimination(gate, metrics), *_calibration(gate, metrics)]
    for name in gate.beat:
        reasons += _beaten(name, baselines.get(name, {}))
    return Verdict(not reasons, tuple(reasons))


def _discrimination(gate: Gate, metrics: Mapping[str, Any]) -> list[str]:
    auroc = metrics["auroc"]
    if auroc["low"] is None:
        return ["AUROC has no interval: too few test rows, or evaluation.repeats is 0"]
    if auroc["low"] > gate.least_auroc:
        return []
    return [
        f"AUROC {auroc['value']:.3f}: its interval begins at {auroc['low']:.3f}, "
        f"not above {gate.least_auroc:.2f}"
    ]


def _calibration(gate: Gate, metrics: Mapping[str, Any]) -> list[str]:
    slope, (least, most) = metrics["calibration_slope"], gate.slope
    if slope["low"] is None:
        return ["calibration slope has no interval: too few test rows, or no repeats"]
    if slope["high"] >= least and slope["low"] <= most:
        return []
    return [
        f"calibration slope {slope['value']:.2f} ({slope['low']:.2f} to {slope['high']:.2f}) "
        f"lies outside {least:.2f} to {most:.2f}"
    ]


def _beaten(name: str, baseline: Mapping[str, Any]) -> list[str]:
    difference = baseline.get("difference", {}).get("auroc")
    if difference is None or (difference["low"] is not None and difference["low"] > 0):
        return []
    if difference["low"] is None:
        return [f"the difference in AUROC from {name} has no interval"]
    return [
        f"AUROC is not shown to be above that of {name}: difference {difference['value']:.3f} "
        f"({difference['low']:.3f} to {difference['high']:.3f})"
    ]
