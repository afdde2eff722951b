"""Routes about groups."""
