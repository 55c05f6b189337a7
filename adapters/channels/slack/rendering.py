"""Rendering: one reply, shown as it grows and then as a whole."""

import asyncio
from contextlib import suppress

from adapters.channels.answer import Answer
from adapters.channels.slack.api import Unsure
from adapters.channels.slack.blocks import Block, below, card
from adapters.channels.slack.config import Config
from adapters.channels.slack.markdown import steady
from adapters.channels.slack.messages import Messages, Place
from adapters.channels.slack.status import Status
from adapters.channels.slack.uploads import Uploads
from adapters.channels.slack.workspace import Workspace
from adapters.channels.slack.writer import Writer
from gateway.model import End, EndState
from gateway.ports import GatewayForChannels, NotRouted, Reply, StoreUnavailable
from gateway.tasks import cancel

FIRST_SECONDS, FLUSH_SECONDS = 0.3, 0.8
"""From the first character to its being shown, and between two showings."""
MB = 1024 * 1024


class Rendering:
    """Shows one reply. ``idle`` says that Slack knows it as ended."""

    def __init__(
        self,
        workspace: Workspace,
        place: Place,
        config: Config,
        gateway: GatewayForChannels,
        reply: Reply,
    ) -> None:
        self._config = config
        self._gateway = gateway
        self._reply = reply
        self._place = place
        way = "edit" if config.stream == "auto" and not config.agent else config.stream
        self._writer = Writer(Messages(workspace, place, reply), way)
        self._uploads = Uploads(gateway, workspace, place, config.max_file_mb * MB)
        self._seen = len(reply.journal.shown)
        self._shown = ""
        self._cards: dict[str, bool] = {}
        self._halted = False

    @property
    def idle(self) -> bool:
        """Whether Slack was told with the last message that nothing more comes."""
        return self._writer.idle

    @property
    def written(self) -> list[str]:
        """The ts of every message of the answer."""
        return self._writer.written

    async def run(self, status: Status) -> None:
        """Show the reply to its end. Raises what Writer.finish raises."""
        answer = Answer()
        reading = asyncio.create_task(answer.read(self._reply.events()))
        try:
            end = await self._follow(answer, reading, status)
        finally:
            await cancel(reading)
        await self._finish(answer, end)

    async def _follow(self, answer: Answer, reading: asyncio.Task[None], status: Status) -> End:
        """Show the answer as it comes, until its end is there."""
        clock = asyncio.get_running_loop().time
        shown, last, due = "", 0.0, None
        while answer.end is None:
            if reading.done():
                reading.result()
                raise Unsure("the reply had no end")
            await answer.news(None if due is None else max(due - clock(), 0.0))
            if answer.end is not None:
                break
            await self._work(answer, status)
            if due is None and answer.text != shown:
                due = max(clock() + (0.0 if shown else FIRST_SECONDS), last + FLUSH_SECONDS)
            if due is not None and clock() >= due:
                text, last = answer.text, clock()
                done = await self._show(text, status)
                shown, due = (text, None) if done else (shown, clock() + FLUSH_SECONDS)
        return answer.end

    async def _show(self, text: str, status: Status) -> bool:
        """Show the answer so far; False when it is worth trying again."""
        text = steady(text)
        # What an earlier attempt had shown is not taken back while the answer comes once more.
        if len(text) < self._seen or self._shown.startswith(text.strip()):
            return True
        done = await self._writer.show(text)
        self._shown = text if done else self._shown
        status.pause()
        if self._writer.stopped and not self._halted and self._reply.messages:
            self._halted = True
            with suppress(NotRouted, StoreUnavailable):
                await self._gateway.halt(self._reply.messages[-1].origin)
        return done

    async def _work(self, answer: Answer, status: Status) -> None:
        """Show what the bot does."""
        if answer.doing:
            status.say(answer.doing)
        if self._config.show_steps and answer.steps:
            await self._step(answer, ended=False)

    async def _step(self, answer: Answer, *, ended: bool) -> None:
        """A step is done when it says so, and when another one has begun."""
        newest = next(reversed(answer.steps))
        now = {title: done or ended or title != newest for title, done in answer.steps.items()}
        changed = [
            card(number, title, done=done)
            for number, (title, done) in enumerate(now.items())
            if self._cards.get(title) != done
        ]
        if changed and await self._writer.steps(changed):
            self._cards = now

    async def _finish(self, answer: Answer, end: End) -> None:
        if self._cards:
            await self._step(answer, ended=True)
        notices = [*answer.notices, *([end.notice] if end.notice else [])]
        blocks = self._below(answer, end, notices)
        prompt = answer.choices.prompt if answer.choices else ""
        summary = next(filter(str.strip, [*notices, prompt]), "…")
        await self._writer.finish(end.text, blocks, summary)
        for number, attachment in enumerate(answer.files):
            await self._uploads.send(number, attachment, self._reply.journal)

    def _below(self, answer: Answer, end: End, notices: list[str]) -> list[Block]:
        messages, done = self._reply.messages, end.state is EndState.DONE
        failed = end.state is EndState.FAILED
        again = self._gateway.text(self._reply.locale, "slack.retry")
        rated = done and bool(messages) and bool(end.text.strip()) and self._writer.streams
        return below(
            choices=answer.choices,
            sources=answer.sources,
            notices=notices,
            suggestions=answer.suggestions if done else (),
            retry=(again, messages[-1].id) if messages and failed else None,
            feedback=rated,
        )
