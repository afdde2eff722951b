"""Groups by a prefix of their fingerprint, and decisions about them."""
