"""Events of CiniterFlow as bytes, and what tests look for in the bot's."""

import json

from gateway.model import Done, Failed, Failure, Reference, TextDelta

JSON = {"Content-Type": "application/json; charset=utf-8"}
UNAVAILABLE = Failure.UNAVAILABLE
MISCONFIGURED = Failure.MISCONFIGURED


def text_of(events):
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def last_reference(events):
    return [e.conversation for e in events if isinstance(e, Reference) and e.conversation][-1]


def beside(events):
    """What is neither text nor the conversation nor the end."""
    plain = TextDelta | Reference | Done | Failed
    return [event for event in events if not isinstance(event, plain)]


def sse(*events):
    return b"".join(
        b"message:\ndata:" + json.dumps({"event": name, "data": data}).encode() + b"\n\n"
        for name, data in events
    )


HELLO = ("token", "Hello")
END = ("end", "[DONE]")
ABOUT = ("metadata", {"chatMessageId": "m1"})
