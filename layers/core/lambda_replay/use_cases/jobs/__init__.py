"""Bulk replays: planned, frozen into pages, driven page by page, watched."""
