"""Automatic replays from the command line: the policy that is asked for, and what it would have done."""
