"""What commands print about each kind of thing, for people."""
