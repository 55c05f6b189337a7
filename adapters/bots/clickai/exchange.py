"""One message and its answer: asked, asked again where that helps, gone on with."""

from contextlib import aclosing

import structlog
from msgspec.structs import replace

from adapters.bots.clickai.answer import Answer
from adapters.bots.clickai.asking import Question
from adapters.bots.clickai.errors import Refused
from adapters.bots.clickai.forms import Waiting, recall
from adapters.bots.clickai.kinds import Kind
from adapters.bots.clickai.reader import Desk, Reader, Reply
from adapters.bots.clickai.uploads import Uploader, Uploads
from adapters.bots.errors import RETRY_SECONDS, BrokenOff, ClientError, Silent
from gateway.model import Ask, Failed, Failure, Forgotten, Notice, Reference
from gateway.ports import StoreUnavailable

log = structlog.get_logger()


class _Gone(Exception):
    """ClickAI does not know the conversation, and nothing of an answer has come."""


class Exchange:
    """Asks what a person asks, and follows the answer. Good for one."""

    def __init__(self, desk: Desk, ask: Ask) -> None:
        self._desk = desk
        self._ask = ask
        self._uploads = Uploads()
        self._reader = Reader(desk, ask)

    async def events(self) -> Reply:
        """The answer; ends with exactly one Done or Failed."""
        conversation, form = recall(self._ask.conversation.reference)
        if form and (action := form.chosen(self._ask.text)):
            answering = self._resume(conversation, form, action)
        else:
            answering = self._begin(conversation, form)
        async with aclosing(answering) as events:
            async for event in events:
                yield event

    async def _begin(self, conversation: str, form: Waiting | None) -> Reply:
        if form:
            # The person has said something else: the form is left where it is.
            yield Reference(conversation=conversation)
        try:
            kind = await self._desk.app.kind()
            question = await self._question(kind, conversation)
        except ClientError as error:
            yield Answer().fail(error)
            return
        except StoreUnavailable:
            yield Failed(
                Failure.INTERNAL, "the files of the message are out of reach", RETRY_SECONDS
            )
            return
        for text in self._uploads.notices:
            yield Notice(text)
        if not (self._ask.text.strip() or self._uploads.files):
            yield Failed(Failure.REJECTED, "neither text nor a file that the app takes")
            return
        async with aclosing(self._ask_twice(kind, question)) as events:
            async for event in events:
                yield event

    async def _question(self, kind: Kind, conversation: str) -> Question:
        desk, place = self._desk, None
        if self._ask.attachments:
            place = await desk.app.file_place(kind)
            uploader = Uploader(desk.gateway, desk.client, self._ask, place.rules)
            self._uploads = await uploader.upload()
        return await desk.app.question(self._ask, conversation, kind, place, self._uploads)

    async def _ask_twice(self, kind: Kind, question: Question) -> Reply:
        """Once more without the conversation, if it is gone."""
        try:
            async with aclosing(self._attempt(kind, question)) as events:
                async for event in events:
                    yield event
            return
        except _Gone:
            log.info("clickai.conversation_forgotten", bot=self._desk.bot.name, turn=self._ask.turn)
        yield Forgotten()
        async with aclosing(self._attempt(kind, replace(question, conversation_id=""))) as events:
            async for event in events:
                yield event

    async def _attempt(self, kind: Kind, question: Question) -> Reply:
        config, conversation = self._desk.config, question.conversation_id
        answer = self._answer(kind, conversation)
        stream = config.response_mode == "streaming"
        asked = self._desk.client.asking(kind).events(question, stream=stream)
        try:
            async with aclosing(self._reader.read(kind, answer, asked)) as events:
                async for event in events:
                    yield event
        except ClientError as error:
            if conversation and not answer.begun and await self._is_gone(conversation, error):
                raise _Gone from None
            yield answer.fail(error)

    async def _resume(self, conversation: str, form: Waiting, action: str) -> Reply:
        desk, user = self._desk, self._ask.user
        answer, done = Answer(), Reference(conversation=conversation)
        try:
            kind = await desk.app.kind()
            answer = self._answer(kind, conversation)
            inputs = form.filled(self._ask.text)
            await desk.client.forms.submit(form.token, user, action, inputs)
            yield done
            asked = desk.client.forms.events(form.run, user)
            async with aclosing(self._reader.read(kind, answer, asked)) as events:
                async for event in events:
                    yield event
        except ClientError as error:
            if isinstance(error, Refused) and error.status in {404, 412}:
                yield done
            yield answer.fail(error)

    def _answer(self, kind: Kind, conversation: str) -> Answer:
        aloud = self._desk.config.spoken_answers
        return Answer(kind, conversation, self._uploads.ids, aloud=aloud)

    async def _is_gone(self, conversation: str, error: ClientError) -> bool:
        """Whether the app has lost the conversation, as far as can be found out."""
        match error:
            case Refused(forgotten=True):
                return True
            case Refused(midway=False):
                return False
            case Refused() | Silent() | BrokenOff():
                # Since 1.13 a chatflow that cannot find its conversation says nothing at all.
                return await self._probe(conversation)
        return False

    async def _probe(self, conversation: str) -> bool:
        try:
            await self._desk.client.messages.list(conversation, self._ask.user, limit=1)
        except ClientError as error:
            return isinstance(error, Refused) and error.forgotten
        return False
