"""Routes about bulk replays."""
