"""The canonical History: ten tables with contracts, bucketed by person, always checked."""
