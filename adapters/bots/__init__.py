"""The kinds of bots, found by the names of their folders."""
