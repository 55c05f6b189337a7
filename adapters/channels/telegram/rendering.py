"""Rendering: one reply, shown as it grows and then as a whole."""

import asyncio

from telegram import InlineKeyboardMarkup

from adapters.channels.answer import Answer
from adapters.channels.telegram.activity import UPLOADING, Activity
from adapters.channels.telegram.config import Config
from adapters.channels.telegram.errors import Unsure
from adapters.channels.telegram.keyboards import Options, keyboard
from adapters.channels.telegram.memory import Memory
from adapters.channels.telegram.messages import Messages
from adapters.channels.telegram.sheets import Sheet, below, line
from adapters.channels.telegram.tempo import Frame, Tempo, Way
from adapters.channels.telegram.uploads import CAPTION_MOST, Uploads
from adapters.channels.telegram.utf16 import length
from adapters.channels.telegram.writer import Writer
from gateway.model import Attachment, End, EndState
from gateway.ports import GatewayForChannels, Reply
from gateway.tasks import cancel

DOING_MOST = 200


class Rendering:
    """Shows one reply."""

    def __init__(
        self,
        config: Config,
        gateway: GatewayForChannels,
        reply: Reply,
        messages: Messages,
        writer: Writer,
        memory: Memory,
    ) -> None:
        self._config = config
        self._gateway = gateway
        self._reply = reply
        self._messages = messages
        self._writer = writer
        self._memory = memory
        self._uploads = Uploads(gateway, messages, config)
        self._seen = len(reply.journal.shown)

    async def run(self, activity: Activity) -> None:
        """Show the reply to its end. Raises what Writer.finish raises."""
        answer = Answer()
        reading = asyncio.create_task(answer.read(self._reply.events()))
        try:
            end = await self._follow(answer, reading, activity)
        finally:
            await cancel(reading)
        await self._finish(answer, end, activity)

    async def _follow(self, answer: Answer, reading: asyncio.Task[None], activity: Activity) -> End:
        """Show the answer as it comes, until its end is there."""
        tempo = Tempo(private=self._messages.place.private)
        while answer.end is None:
            if reading.done():
                reading.result()
                raise Unsure("the reply had no end")
            frame = self._frame(answer)
            way = self._writer.way
            wait = tempo.wait(frame, way)
            if wait == 0.0:
                await self._show(frame, tempo, activity)
            elif tempo.is_set(frame, way):
                await answer.over(wait)
            else:
                await answer.news(wait)
        return answer.end

    async def _show(self, frame: Frame, tempo: Tempo, activity: Activity) -> None:
        activity.pause()
        again = await self._writer.show(frame)
        if again:
            tempo.rest(again)
        else:
            tempo.shown(frame)

    def _frame(self, answer: Answer) -> Frame:
        """What can be shown now."""
        text = answer.text
        if text.strip() and len(text) >= self._seen:
            return Frame(text)
        # What an earlier attempt had shown is not taken back while the answer comes once more.
        if self._seen and self._writer.way is Way.EDIT:
            return Frame()
        doing = answer.doing if self._config.show_steps else ""
        return Frame(doing=line(answer.notices[-1] if answer.notices else doing, DOING_MOST))

    async def _finish(self, answer: Answer, end: End, activity: Activity) -> None:
        activity.pause()
        messages, files = self._messages, answer.files
        messages.conclude(end.text)
        buttons = await self._buttons(answer, end)
        last = self._below(answer, end)
        if buttons and not end.text.strip() and last.blank:
            last = Sheet("…")
        message = await self._captioned(end.text, last, buttons, files, activity)
        if not message:
            await self._writer.finish(end.text, last, buttons)
            message = next(reversed(self._writer.written), 0)
        if message:
            await self._memory.sent(messages.place.chat, message)
        for number, attachment in enumerate(files):
            activity.begin(UPLOADING)
            await self._uploads.send(number, attachment)

    async def _captioned(
        self,
        text: str,
        last: Sheet,
        buttons: InlineKeyboardMarkup | None,
        files: list[Attachment],
        activity: Activity,
    ) -> int:
        """Send a short answer below its only file, or know that it was; 0 when it is not to be."""
        if self._messages.known or self._messages.is_adrift("file:0"):
            return 0
        if message := self._messages.sent("file:0"):
            return message
        sheets = self._writer.sheets(text, last)
        if len(files) != 1 or not files[0].content or len(sheets) != 1:
            return 0
        sheet = sheets[0]
        if sheet.source or length(sheet.text) > CAPTION_MOST:
            return 0
        activity.begin(UPLOADING)
        return await self._uploads.caption(files[0], sheet, buttons)

    def _below(self, answer: Answer, end: End) -> Sheet:
        return below(
            self._gateway.text(self._reply.locale, "telegram.sources"),
            prompt=answer.choices.prompt if answer.choices else "",
            sources=answer.sources,
            notices=[*answer.notices, end.notice],
        )

    async def _buttons(self, answer: Answer, end: End) -> InlineKeyboardMarkup | None:
        """What can be pressed below the answer, once it is known what that stands for."""
        asked, done = self._reply.messages, end.state is EndState.DONE
        again = bool(asked) and end.state is EndState.FAILED
        options = Options(
            person=self._memory.person,
            choices=answer.choices.items if answer.choices else (),
            suggestions=answer.suggestions if done else (),
            message=asked[-1].origin.facts.get("message", "") if again else "",
        )
        await self._memory.offered(options)
        return keyboard(
            self._reply.turn,
            options,
            retry=self._gateway.text(self._reply.locale, "telegram.retry") if again else "",
            feedback=done and self._is_rated(end),
        )

    def _is_rated(self, end: End) -> bool:
        """Whether the bot may want to know what people think of this."""
        asked = self._reply.messages
        # Commands are answered by the gateway itself.
        said = bool(asked) and bool(end.text.strip()) and not asked[-1].text.startswith("/")
        return said and self._config.feedback
