"""From a message to what is stored: reading, checking the origin, triage."""
