"""How late facts are taken to be known where a source does not say."""

from __future__ import annotations

CODED_AFTER = 30
"""Days after discharge when final codes and cost of a stay are taken to be known.

Hospitals bill within weeks; whoever runs a programme hears of an admission or discharge at once.
"""
