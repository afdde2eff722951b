"""Handlers that fail, for the real runtime clients to report (see `bench/diagnosis/runtime_payloads.py`)."""
