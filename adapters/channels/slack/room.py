"""How much of an answer a message in Slack has room for. Pure."""

from gateway.pieces import Layout

MOST_BYTES = 9000
"""Of one message with all that heals it: what Slack takes of a streamed one, less a margin."""


def layout() -> Layout:
    """The pieces of an answer that Slack takes."""
    return Layout(MOST_BYTES, _bytes)


def _bytes(text: str, _code: bool) -> int:
    return len(text.encode(errors="surrogatepass"))
