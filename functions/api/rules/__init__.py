"""Routes about the team's own rules."""
