"""Measurements of what the gateway adds. None of them is a test: nothing is asserted."""
