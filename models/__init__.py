"""What we conclude: estimators, published scores, calibration, reasons, priority and measures."""
