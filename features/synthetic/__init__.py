"""A synthetic population with known true risks, a known effect of the programme and known bias."""

from features.synthetic.generate import drivers_only, generate
from features.synthetic.scenario import Scenario, load_scenario, shipped

__all__ = ["Scenario", "drivers_only", "generate", "load_scenario", "shipped"]
