"""A bulk replay: its states, its pace, its cost."""
