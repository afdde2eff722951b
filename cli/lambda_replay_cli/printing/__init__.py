"""How results are printed: for people, or for programs."""
