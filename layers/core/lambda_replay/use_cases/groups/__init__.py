"""Counting failures into groups, decisions about groups, alerts, statistics."""
