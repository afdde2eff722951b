"""The REST API: reads the table itself, has every change made by the replay function."""
