"""What we know of a person on a day: History, codes, spells, cohort, labels and features."""
