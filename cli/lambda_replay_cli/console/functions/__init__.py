"""The pages about functions and their policies."""
