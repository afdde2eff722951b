"""Routes about failures over time."""
