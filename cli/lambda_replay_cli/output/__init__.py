"""How anything is printed: tables for people, JSON and CSV for programs."""
