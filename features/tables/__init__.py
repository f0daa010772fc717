"""The canonical History: ten tables with contracts, bucketed by person, checked on write and read."""
