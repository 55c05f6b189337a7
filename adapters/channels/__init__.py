"""The kinds of channels, found by the names of their folders."""
