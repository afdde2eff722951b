"""What all stores on the table have in common."""
