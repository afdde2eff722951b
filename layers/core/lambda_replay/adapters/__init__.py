"""The only place that knows AWS: each module implements one port."""
