"""Bulk replays from the command line: what is asked for, how it is started once, how it is watched."""
