"""The failure queue's consumer."""
