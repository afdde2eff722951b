"""Checks of this repository that are not tests of the product."""
