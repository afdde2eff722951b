"""What the use cases need from outside. Adapters implement these; tests bring their own."""
