"""Published scores counted from a few features, each with its paper."""

from models.points.register import SCORES
from models.points.rule import rule
from models.points.score import PointScore

__all__ = ["SCORES", "PointScore", "rule"]
