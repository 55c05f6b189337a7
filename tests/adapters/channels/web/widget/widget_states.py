"""Every state of the widget that a designer would draw, reached the same way each time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from playwright.async_api import FilePayload, Page, expect
from widget_acts import eventually, say
from widget_standin import StandIn

# A Wednesday, five past nine in UTC.
NOW = 1_789_549_500
MARKDOWN = """## Two ways

Send it **within 14 days**, by [post](https://x.example/) or `courier`:

| way | price |
|---|--:|
| post | 4.90 |
| courier, the next day | 12.00 |

1. Pack it
   - with the slip
2. Bring it

```py
print("a line that is too long for a panel of any width")
```

> Keep the receipt.
"""
FIELDS = [
    {"name": "name", "label": "Name", "kind": "text", "required": True},
    {"name": "email", "label": "E-mail", "kind": "email", "required": True},
    {"name": "size", "label": "Size", "kind": "select", "required": False, "options": ["S", "M"]},
    {"name": "news", "label": "Newsletter", "kind": "checkbox", "required": False},
    {"name": "why", "label": "Why?", "kind": "paragraph", "required": False},
]
ITEMS = [
    {"value": "a", "label": "Send it back"},
    {"value": "b", "label": "Another size"},
    {"value": "c", "label": "Talk to somebody of the shop"},
]
FILES = {"bytes": 100_000, "count": 3, "accept": ["image/*", "application/pdf"]}
FEATURES = {"files": FILES, "voice": True, "feedback": True, "regenerate": True}


def asked(text: str, turn: str = "1") -> dict[str, Any]:
    return {"kind": "user", "id": f"m{turn}", "turn": turn, "text": text, "at": NOW}


def answered(text: str, turn: str = "1", state: str = "done", **more: Any) -> dict[str, Any]:
    return {"kind": "bot", "turn": turn, "text": text, "state": state, "at": NOW, **more}


@dataclass
class Stage:
    """A page, what it is served by, and what all its script tags say."""

    page: Page
    gateway: StandIn
    attributes: str = ""
    head: str = ""

    async def go(self, attributes: str = "data-open") -> None:
        tag = f"{attributes} {self.attributes}"
        # Nothing is pointed at because of what was pressed on a page before.
        await self.page.mouse.move(0, 0)
        await self.page.goto(self.gateway.embedded(attributes=tag, head=self.head))

    async def open(self, **extra: Any) -> None:
        """Open it; what is said with the session has arrived."""
        self.gateway.extra = {**self.gateway.extra, **extra}
        await self.go()
        await eventually(lambda: self.gateway.connections)
        await expect(self.page.locator(".panel")).to_be_visible()

    async def wait_for_extras(self) -> None:
        """What stands below an answer comes with a part that is loaded later."""
        await expect(self.page.locator(".actions").last).to_be_visible()


async def closed(stage: Stage) -> None:
    await stage.go("")
    await expect(stage.page.locator(".launcher")).to_be_visible()


async def empty(stage: Stage) -> None:
    stage.gateway.opening = "Hello! How can I help you with your order?"
    stage.gateway.suggestions = ["Where is it?", "Send it back", "Talk to somebody of the shop"]
    await stage.open()
    await expect(stage.page.locator(".opening .chip")).to_have_count(3)


async def streaming(stage: Stage) -> None:
    gateway = stage.gateway
    gateway.history = [asked("Can I return my shoes after a week?")]
    gateway.waiting, gateway.turn = True, 1
    await stage.open()
    messages = [{"id": "m1", "text": "Can I return my shoes after a week?", "at": NOW}]
    gateway.emit("start", {"turn": "1", "messages": messages})
    gateway.emit("status", {"turn": "1", "kind": "thought", "text": "Thinking about it"})
    gateway.delta(0, "Yes, you can. Let me see what it costs to send them ")
    gateway.emit("status", {"turn": "1", "kind": "tool", "text": "Searching the price list"})
    await expect(stage.page.locator(".bot .status")).to_have_text("Searching the price list")
    await expect(stage.page.locator("summary")).to_be_visible()


async def done(stage: Stage) -> None:
    sources = [
        {"title": "Returns", "url": "https://x.example/r", "excerpt": "Within 14 days."},
        {"title": "Prices", "url": "https://x.example/p", "excerpt": "All prices with tax."},
    ]
    suggestions = ["Where is the post?", "How long?"]
    stage.gateway.history = [
        asked("How do I return them?"),
        answered(MARKDOWN, sources=sources, suggestions=suggestions),
    ]
    await stage.open(features={"feedback": True, "regenerate": True})
    await stage.wait_for_extras()
    await stage.page.locator("summary").click()
    await expect(stage.page.locator("details a").last).to_be_in_viewport()


async def failed(stage: Stage) -> None:
    notices = ["The answer ended too early."]
    stage.gateway.history = [
        asked("What does it cost?"),
        answered("It costs", state="failed", notices=notices),
    ]
    refusal = {"error": "too_large", "message": "This message is too long."}
    stage.gateway.refusals["messages"] = [(413, refusal, {})]
    await stage.open(features={"feedback": True, "regenerate": True})
    await stage.wait_for_extras()
    await say(stage.page, "And what does it cost with the courier?")
    await expect(stage.page.get_by_role("alert")).to_be_visible()
    await expect(stage.page.locator("[data-action=retry]")).to_be_visible()


async def form(stage: Stage) -> None:
    await stage.open(form={"title": "Before we begin", "fields": FIELDS})
    fields = stage.page.locator("form .field :is(input, textarea)")
    await fields.nth(0).fill("Ann")
    await fields.nth(1).fill("nobody")
    await stage.page.locator("form [data-action=submit]").click()
    await expect(stage.page.locator("form [aria-invalid=true]")).to_have_count(1)


async def choices(stage: Stage) -> None:
    asks = {"prompt": "What shall we do with them?", "items": ITEMS}
    stage.gateway.history = [
        asked("They are too small."),
        answered("That is a pity.", choices=asks),
    ]
    await stage.open(features={"feedback": True, "regenerate": True})
    await expect(stage.page.locator(".ask .chip")).to_have_count(3)
    await stage.wait_for_extras()


async def asked_by_form(stage: Stage) -> None:
    asks = {"prompt": "Your order", "items": ITEMS[:2], "fields": FIELDS}
    stage.gateway.history = [asked("Back, please."), answered("Gladly.", choices=asks)]
    await stage.open()
    await expect(stage.page.locator("form .field")).to_have_count(len(FIELDS))


async def tray(stage: Stage) -> None:
    await stage.open(features=FEATURES)
    long = "the-slip-that-lay-in-the-parcel-when-it-came.pdf"
    files: list[FilePayload] = [
        {"name": "shoes.png", "mimeType": "image/png", "buffer": b"x" * 23_400},
        {"name": long, "mimeType": "application/pdf", "buffer": b"x" * 1200},
        {"name": "song.mp3", "mimeType": "audio/mpeg", "buffer": b"x"},
    ]
    await stage.page.locator("input[type=file]").set_input_files(files)
    await expect(stage.page.locator(".attached")).to_have_count(3)
    await expect(stage.page.locator("progress")).to_have_count(0)
    await stage.page.locator("textarea").fill("Here they are,\nwith the slip.")


async def conversations(stage: Stage) -> None:
    long = "A question that is so long that it does not fit into one line of the list"
    stage.gateway.places = {
        "first-one": [asked("Returning shoes")],
        "second-one": [asked(long)],
        "third-one": [asked("Prices")],
    }
    await stage.open()
    await stage.page.locator("[data-action=list]").click()
    await expect(stage.page.locator(".item")).to_have_count(3)
    await stage.page.locator("[data-action=remove]").last.click()
    await expect(stage.page.locator("[data-action=keep]")).to_be_focused()


async def unread(stage: Stage) -> None:
    stage.gateway.history = [asked("Can I return them?"), answered("You can.")]
    greeting = {"id": "g", "text": "Can we help you to find the right size?", "after": 0}
    stage.gateway.extra["proactive"] = [greeting]
    await stage.go("data-proactive")
    await expect(stage.page.locator(".greet button")).to_have_count(2)
    await expect(stage.page.locator(".launcher[data-unread='1']")).to_be_visible()


STATES: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "closed": closed,
    "empty": empty,
    "streaming": streaming,
    "done": done,
    "failed": failed,
    "form": form,
    "choices": choices,
    "asked-by-form": asked_by_form,
    "tray": tray,
    "conversations": conversations,
    "unread": unread,
}
