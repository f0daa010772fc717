"""A finished training as an MLflow run has it: parameters, metrics, tags, texts and plots.

Of groups and figures only: no row, no person id, no value of a person.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from training.answer import Trained, answer_of
from training.evaluate import MODEL
from training.plain import plain
from training.provenance import commit, versions
from training.report import write_figures
from training.tracking import Record

BASELINES = "baselines.json"


def record_of(trained: Trained, figures: Path) -> Record:
    """The record of a training; its plots and texts are written into the folder `figures`."""
    made_with = versions()
    answer = answer_of(trained)
    write_figures(
        figures,
        y=trained.tested.y.astype(np.float64),
        risks={MODEL: trained.tested.risk, **trained.tested.others},
        trends=trained.trends,
        gain=trained.bundle.boosting.gain,
    )
    _write_texts(trained, answer, made_with, figures)
    return Record(
        name=trained.bundle.name,
        params=params_of(trained),
        metrics=dict(metrics_of(answer, trained.question.recipe.evaluation.capacity)),
        tags=tags_of(trained, made_with),
        schema=trained.bundle.schema,
        versions=made_with,
        save=lambda folder, run_id: _save(trained, folder, run_id, made_with),
        figures=figures,
    )


def params_of(trained: Trained) -> dict[str, object]:
    """Every key of the recipe with its value, and of the data what decides the model."""
    source = trained.source
    return dict(_flat(trained.question.recipe.to_json())) | {
        **{f"{source.kind}.{name}": value for name, value in source.told().items()},
        "rows": len(trained.y),
        "features": len(trained.bundle.schema.names),
        "trees": trained.bundle.boosting.trees,
        "high": trained.bundle.high,
    }


def metrics_of(answer: Mapping[str, Any], capacity: Sequence[float]) -> Iterator[tuple[str, float]]:
    """Figures by name with the ends of their intervals; what is not a number is left out.

    capacity  as the recipe asked for: "ppv_at_0.05" is then the same question in every run
    """
    shown = {"": answer["metrics"]}
    for name, beside in answer["baselines"].items():
        shown[f"{name}."] = beside.get("metrics", {})
        shown[f"difference.{name}."] = beside.get("difference", {})
    for prefix, metrics in shown.items():
        for name, figure in metrics.items():
            for end, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
                if figure[end] is not None:
                    yield f"{prefix}{name}{suffix}", float(figure[end])
    for asked, at in zip(capacity, answer["at_k"], strict=True):
        for name in ("ppv", "capture"):
            if at[name] is not None:
                yield f"{name}_at_{asked if asked < 1 else int(asked)}", float(at[name])
    for name in ("rows", "people", "events", "prevalence"):
        yield f"test.{name}", float(answer["tested"][name])


def tags_of(trained: Trained, made_with: Mapping[str, str]) -> dict[str, str]:
    """What a run and its version are found by."""
    bundle = trained.bundle
    tags = {
        "definition": bundle.posed.name,
        "label": bundle.label,
        "mode": bundle.mode,
        "gate": "passed" if trained.verdict.passed else "failed",
        "digest": bundle.digest,
        f"{trained.source.kind}_digest": trained.source.digest,
        "schema_hash": bundle.schema.hash,
        "catalogue_digest": bundle.catalogue.digest,
        **{f"version.{name}": number for name, number in made_with.items()},
    }
    at = commit()
    return tags | ({"commit": at} if at else {})


def _write_texts(
    trained: Trained, answer: Mapping[str, Any], made_with: Mapping[str, str], folder: Path
) -> None:
    texts = {
        "recipe.toml": trained.question.text,
        "definition.toml": trained.bundle.posed.to_toml(),
        "catalogue.toml": trained.bundle.catalogue.to_toml(),
        "evaluation.json": _json(answer),
        "card.json": _json(trained.bundle.card),
        "versions.json": _json(made_with),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _save(trained: Trained, folder: Path, run_id: str, made_with: Mapping[str, str]) -> None:
    """The bundle, and beside its own files the baselines it was compared with."""
    provenance = {
        "run_id": run_id,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "versions": dict(made_with),
    }
    trained.bundle.save(folder, provenance)
    (folder / BASELINES).write_text(_json(trained.baselines.to_json()), encoding="utf-8")


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, object]]:
    """Nested tables as dotted names."""
    if not isinstance(value, Mapping):
        yield name, value
        return
    for key, inner in value.items():
        yield from _flat(inner, f"{name}.{key}" if name else key)


def _json(value: Any) -> str:
    return json.dumps(plain(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
