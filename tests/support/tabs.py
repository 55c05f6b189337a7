"""One person's tabs with the widget."""

from playwright.async_api import BrowserContext

from support.browser import Chat

ANSWERS = "[data-turn][data-role=bot] .text"
ENDED = "[data-turn][data-role=bot]:not([data-state=streaming])"
TAKEN = "[data-turn][data-role=user][data-state=done]"
WATCH = f"""
const seen = new Set();
setInterval(() => {{
  const root = document.querySelector("#chat-gateway")?.shadowRoot;
  for (const {{ innerText }} of root?.querySelectorAll("{ANSWERS}") ?? []) {{
    if (seen.has(innerText)) continue;
    seen.add(innerText);
    saw(innerText);
  }}
}}, 20);
"""


class Tabs:
    """Two tabs of one browser. The first is written in, and has the stream."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.shown: set[str] = set()
        """Whatever has stood in an answer, however briefly."""
        self._context = context
        self._url = url
        self._tabs: list[Chat] = []

    async def open(self) -> None:
        """Open both."""
        await self._context.expose_function("saw", lambda text: self.shown.add(text))
        await self._context.add_init_script(WATCH)
        await self._open_one()
        await self._open_one()

    async def reload(self) -> None:
        """Reload the first: the stream is the other's then, and that one is the first."""
        self._tabs.reverse()
        await self._tabs[-1].page.reload()

    async def replace(self) -> None:
        """Close the first and open another."""
        await self._tabs.pop(0).page.close()
        await self._open_one()

    async def ask(self, text: str, number: int) -> None:
        """Write in the first; returns when the gateway has taken this message, the number-th."""
        first = self._tabs[0]
        await first.write(text)
        await first.page.locator(TAKEN).nth(number - 1).wait_for()

    async def press(self, action: str) -> None:
        """Press a button in the first."""
        await self._tabs[0].press(action)

    async def answers(self, number: int) -> list[str]:
        """The answers, once the number-th has ended in each: in all they are the same."""
        for tab in self._tabs:
            await tab.page.locator(ENDED).nth(number - 1).wait_for(timeout=30_000)
        texts = [await tab.texts() for tab in self._tabs]
        assert texts.count(texts[0]) == len(texts)
        return texts[0]

    async def count(self, selector: str) -> int:
        """How many of something stand in each: in all it is the same."""
        counts = {await tab.page.locator(selector).count() for tab in self._tabs}
        (count,) = counts
        return count

    async def _open_one(self) -> None:
        chat = Chat(await self._context.new_page())
        await chat.page.goto(self._url)
        await chat.page.locator("[part=field]").wait_for()
        self._tabs.append(chat)
