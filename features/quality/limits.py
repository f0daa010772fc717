"""The numbers the verdicts hang on, each with its source: the one place to change them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """A number and why it is that number."""

    value: float
    says: str
    source: str


LIMITS = {
    "train_refused": Limit(
        30, "events among the people a model is fitted on, under which training refuses",
        "the shipped recipes, split.fewest.train",
    ),
    "valid_refused": Limit(
        5, "events among those that stop the boosting, under which training refuses",
        "the shipped recipes, split.fewest.valid",
    ),
    "test_refused": Limit(
        8, "events among those it is tested on, under which training refuses",
        "the shipped recipes, split.fewest.test",
    ),
    "train_events": Limit(
        200, "events to fit on, under which the model is likely to be overfitted",
        "ten for each of some twenty predictors that matter (Peduzzi P et al., J Clin Epidemiol "
        "1996;49:1373-1379); Riley RD et al., BMJ 2020;368:m441, show that more are often needed",
    ),
    "test_events": Limit(
        100, "events to test on, under which its figures are uncertain",
        "Collins GS, Ogundimu EO, Altman DG, Stat Med 2016;35:214-226: at least 100 events and 100 "
        "without, better 200",
    ),
    "train_share": Limit(0.55, "share of people a model is fitted on", "the shipped recipes"),
    "valid_share": Limit(0.10, "share of people that stop the boosting", "the shipped recipes"),
    "calibration_share": Limit(
        0.15, "share of people its calibration is fitted on", "the shipped recipes"
    ),
    "test_share": Limit(0.20, "share of people it is tested on", "the shipped recipes"),
    "undecided": Limit(
        0.2, "share of acute spells neither planned nor unplanned, from which on it is told",
        "chosen: about the share of planned admissions among older people",
    ),
    "destination": Limit(
        0.2, "share of acute stays whose destination is unknown, from which on it is told", "chosen"
    ),
    "unreadable": Limit(
        0.2, "share of diagnoses that no code set reads, from which on it is told", "chosen"
    ),
    "practice": Limit(
        0.2, "share of living people without a practice, from which on it is told", "chosen"
    ),
    "left_out": Limit(
        0.5, "share of possible moments without a label, from which on the reasons are told",
        "chosen",
    ),
}  # fmt: skip


def limit(name: str) -> float:
    return LIMITS[name].value
