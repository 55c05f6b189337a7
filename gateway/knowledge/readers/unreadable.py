"""The one failure of readers."""


class Unreadable(Exception):
    """A document cannot be read. The text says why, and quotes nothing of the document."""
