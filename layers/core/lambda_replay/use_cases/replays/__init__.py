"""Sending an event again, one or many, and recognising the record of its run."""
