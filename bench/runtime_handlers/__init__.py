"""Handlers that fail, for the real runtime clients to report (see `bench/runtime_payloads.py`)."""
