"""Jobs on the table."""
