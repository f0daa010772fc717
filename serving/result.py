"""One person's score by one model, as every door gives it: command, HTTP, page, list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from serving.worklist.domain import Why

SCORED = "scored"
INSUFFICIENT = "insufficient"


@dataclass(frozen=True)
class Result:
    """A score with its reasons, or the word that there is too little to score.

    index_at    the moment the score is for; null: the person has none by then
    status      scored | insufficient; then risk, percentile, base are null and reasons empty
    risk        0 to 1
    percentile  share of the model's training population with a lower risk, 0 to 100
    base        log-odds; base + sum of the contributions = log-odds of the risk
    share       share of the model's inputs that could be read, 0 to 1; missing names the others
    """

    model: str
    version: str
    index_at: datetime | None
    status: str
    risk: float | None
    percentile: float | None
    base: float | None
    reasons: tuple[Why, ...]
    share: float
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """As an element of `results` in the answer of POST /v1/risk."""
        return {
            "model": self.model,
            "version": self.version,
            "index_at": None if self.index_at is None else self.index_at.isoformat(),
            "status": self.status,
            "risk": self.risk,
            "percentile": self.percentile,
            "base": self.base,
            "reasons": [
                {
                    "domain": why.domain,
                    "contribution": why.contribution,
                    "text": why.text,
                    "patient_text": why.patient_text,
                    "modifiable": why.modifiable,
                }
                for why in self.reasons
            ],
            "completeness": {"share": self.share, "missing": list(self.missing)},
        }
