"""When failures of a function are replayed automatically, and when that stops."""
