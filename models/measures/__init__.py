"""How good risks are: pure functions of outcomes and risks, and their intervals over people.

Every function takes `y` (0 or 1), `p` (risks, no NaN) and optionally the rows' `weights`; the order
of the rows never matters. What cannot be said of the rows (no event, no spread) is NaN.
"""

from models.measures.accuracy import brier, log_loss, scaled_brier
from models.measures.calibration import calibration_intercept, calibration_slope
from models.measures.capacity import AtK, at_k
from models.measures.discrimination import auprc, auroc
from models.measures.evaluate import evaluate
from models.measures.metrics import METRICS
from models.measures.smooth import e50, e90, ici

__all__ = [
    "METRICS", "AtK", "at_k", "auprc", "auroc", "brier", "calibration_intercept",
    "calibration_slope", "e50", "e90", "evaluate", "ici", "log_loss", "scaled_brier",
]  # fmt: skip
