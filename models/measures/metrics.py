"""All measures of one set of risks at once, in the order in which answers name them."""

from __future__ import annotations

import numpy as np

from models.estimator import Floats
from models.measures.accuracy import brier_of, log_loss_of, scaled_brier_of
from models.measures.calibration import intercept_of, slope_of
from models.measures.discrimination import auprc_of, auroc_of
from models.measures.ranked import Ranked
from models.measures.smooth import distances_of

METRICS = (
    "auroc", "auprc", "brier", "scaled_brier", "log_loss", "calibration_intercept",
    "calibration_slope", "ici", "e50", "e90",
)  # fmt: skip


def measured(rows: Ranked, w: Floats) -> Floats:
    """Each of `METRICS` of the rows with these weights, shape (metrics,)."""
    return np.array(
        [
            auroc_of(rows, w),
            auprc_of(rows, w),
            brier_of(rows, w),
            scaled_brier_of(rows, w),
            log_loss_of(rows, w),
            intercept_of(rows, w),
            slope_of(rows, w),
            *distances_of(rows, w),
        ]
    )
