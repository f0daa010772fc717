"""Answers of this floor as a person reads them: a figure is never shown without its interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Answer = Mapping[str, Any]

SHOWN: Mapping[str, str] = {
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "brier": "Brier",
    "calibration_intercept": "calibration intercept",
    "calibration_slope": "calibration slope",
}
BASELINES: Mapping[str, str] = {
    "logistic": "logistic regression",
    "lace": "LACE",
    "prior_use": "two or more admissions last year",
    "last_year": "last year's value of the same label",
}


def training_text(answer: Answer) -> str:
    """The train answer: what was made, how good it is, the gate, what warns, where it is."""
    tested, split = answer["tested"], answer["split"]
    head = (
        f"{answer['model']} version {answer['version']}, {answer['alias']}: {answer['label']}, "
        f"{answer['rows']:,} index moments of {answer['people']:,} people, "
        f"{answer['prevalence']:.1%} events"
    )
    when = f" from {split['test_start']} to {split['test_end']}" if split["test_start"] else ""
    tested_on = (
        f"tested on {tested['rows']:,} moments of {tested['people']:,} other people{when}, "
        f"{tested['events']:,} events"
    )
    lines = [head, tested_on, *_measures(answer)]
    lines += [f"warning: {warning['text']}" for warning in answer["warnings"]]
    lines.append("gate passed" if answer["gate"]["passed"] else "gate not passed")
    lines += [f"  {reason}" for reason in answer["gate"]["reasons"]]
    lines.append(f"run {answer['run_id']} in MLflow; digest {answer['digest'][:12]}")
    return "\n".join(lines)


def evaluation_text(answer: Answer) -> str:
    """The evaluate answer: whom, how good, and group by group."""
    version = "" if answer["version"] is None else f" version {answer['version']}"
    out = answer["left_out"]
    lines = [
        f"{answer['model']}{version}: {answer['rows']:,} index moments of {answer['people']:,} "
        f"people, {answer['prevalence']:.1%} events",
        f"left out: {out['people']:,} people the model may have been trained on",
        *_measures(answer),
    ]
    for column, count in answer.get("unseen", {}).items():
        lines.append(f"{column}: {count:,} rows have a value that the model has not met")
    for attribute, levels in answer["groups"].items():
        lines.append(f"by {attribute}")
        lines += [_group(level, group) for level, group in levels.items()]
    return "\n".join(lines)


def models_listed(answer: Sequence[Answer]) -> str:
    """The models answer, a line per version."""
    if not answer:
        return "no model is registered yet; train one: caseload train readmission --history HISTORY"
    return "\n".join(
        f"{row['name']:16} version {row['version']:>3}  {', '.join(row['aliases']):12} "
        f"{row['registered_at']}  run {row['run_id']}"
        for row in answer
    )


def figure(found: Answer) -> str:
    """A figure with its interval; "cannot be said" where the rows do not tell."""
    if found["value"] is None:
        return "cannot be said"
    if found["low"] is None:
        return f"{found['value']:.3f} (no interval)"
    return f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})"


def _measures(answer: Answer) -> Iterator[str]:
    for name, words in SHOWN.items():
        yield f"  {words:36} {figure(answer['metrics'][name])}"
    for at in answer["at_k"]:
        top = f"top {at['k']:,} ({at['share']:.1%})"
        ppv = figure({"value": at["ppv"], "low": at["low"], "high": at["high"]})
        yield f"  {top:36} PPV {ppv}, {_share(at['capture'])} of all events"
    for name, beside in answer["baselines"].items():
        yield f"  {BASELINES.get(name, name):36} {_beside(beside)}"


def _beside(beside: Answer) -> str:
    if "not_computable" in beside:
        return str(beside["text"])
    return (
        f"AUROC {figure(beside['metrics']['auroc'])}, "
        f"the model's is higher by {figure(beside['difference']['auroc'])}"
    )


def _group(level: str, group: Answer) -> str:
    shown = f"  {level:24} {group['n']:>8,} moments {group['events']:>7,} events"
    if not group["metrics"]:
        return f"{shown}  too few to measure"
    return f"{shown}  AUROC {figure(group['metrics']['auroc'])}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
