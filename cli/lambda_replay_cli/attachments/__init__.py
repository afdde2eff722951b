"""Functions and the service, brought together: what is configured, what should be, and the way back."""
