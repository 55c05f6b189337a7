"""Commands: words a person can send instead of a question, on every channel that has text."""

COMMANDS = frozenset({"start", "new", "stop", "help"})
HALTING = frozenset({"new", "stop"})
"""Those that do not wait for the running answer: they end it."""


def parse(text: str) -> str:
    """The command a message consists of, without its slash; empty when it is none."""
    word = text.strip()
    if not word.startswith("/"):
        return ""
    name = word[1:].lower()
    return name if name in COMMANDS else ""
