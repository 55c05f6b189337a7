"""Texts as Telegram counts them: in UTF-16 units. Pure."""

MESSAGE_MOST = 4096
"""Units of one message."""


def length(text: str) -> int:
    """How many units a text has."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


class Units:
    """A text that is cut by units."""

    def __init__(self, text: str) -> None:
        self._bytes = text.encode("utf-16-le", "surrogatepass")

    def __len__(self) -> int:
        return len(self._bytes) // 2

    def cut(self, start: int, end: int) -> str:
        """What is between two units; half a character becomes a replacement character."""
        return self._bytes[2 * start : 2 * end].decode("utf-16-le", "replace")
