"""The commands of the wire protocol: docs/widget-protocol.md says what each takes and gives."""

from aiohttp import web

from adapters.channels.web import inbound, outbound, wire
from adapters.channels.web.config import Config
from adapters.channels.web.conversations import Conversations
from adapters.channels.web.gate import answer
from adapters.channels.web.limits import DELETED_PER_MINUTE, Limits
from adapters.channels.web.sessions import Sessions, transcript
from adapters.channels.web.visitors import Caller, Speaker, Visitors
from adapters.channels.web.wire import Command
from gateway.model import Attachment, Inbound
from gateway.ports import Admission, GatewayForChannels, Refusal


class Api:
    """What a visitor of one site does."""

    def __init__(
        self,
        config: Config,
        gateway: GatewayForChannels,
        visitors: Visitors,
        conversations: Conversations,
        sessions: Sessions,
        limits: Limits,
    ) -> None:
        self._config = config
        self._gateway = gateway
        self._visitors = visitors
        self._conversations = conversations
        self._sessions = sessions
        self._limits = limits

    async def messages(self, _: web.Request, command: Command, caller: Caller) -> web.Response:
        """Take a message; its answer comes on the event stream."""
        speaker = await self._visitors.authenticate(command, caller)
        origin = speaker.origin
        too_long = self._say(speaker, "text_too_long", limit=self._config.max_text)
        inbound.check(command, self._config.max_text, too_long)
        inputs = await self._inputs(speaker)
        await self._visitors.check_challenge(speaker, caller)
        files = await self._files(speaker, command)
        message = inbound.message(command, origin, files, inputs)
        said = outbound.said(message, self._gateway.file_path)
        admission = await self._admit(message, said, caller)
        if admission.turn == "1":
            name = message.text or files[0].name
            await self._conversations.entitle(origin, speaker.conversation, name)
        return _accepted(admission)

    async def regenerate(self, _: web.Request, command: Command, caller: Caller) -> web.Response:
        """Ask the last question again."""
        speaker = await self._visitors.authenticate(command, caller)
        history = await self._gateway.history(speaker.origin)
        last = inbound.last_question(history.messages, command.turn)
        files = await self._files(speaker, Command(files=last.paths))
        asked = Command(id=inbound.again(command.turn), text=last.text, page=command.page)
        inputs = await self._inputs(speaker)
        await self._visitors.check_challenge(speaker, caller)
        message = inbound.message(asked, speaker.origin, files, inputs)
        return _accepted(await self._admit(message, None, caller))

    async def stop(self, _: web.Request, command: Command, caller: Caller) -> web.Response:
        """Stop the running answer."""
        speaker = await self._visitors.authenticate(command, caller)
        return answer(wire.Stopped(await self._gateway.halt(speaker.origin)))

    async def history(self, _: web.Request, command: Command, caller: Caller) -> web.Response:
        """The transcript and its cursor."""
        speaker = await self._visitors.authenticate(command, caller)
        return answer(transcript(await self._gateway.history(speaker.origin)))

    async def feedback(self, _: web.Request, command: Command, caller: Caller) -> web.Response:
        """What the visitor thinks of an answer."""
        speaker = await self._visitors.authenticate(command, caller)
        rating = inbound.rating(command)
        await self._limits.aside("feedback", speaker.origin)
        comment = command.comment[: self._config.max_text]
        rate = self._gateway.rate
        return answer(wire.Taken(await rate(speaker.origin, command.turn, rating, comment)))

    async def read(self, _: web.Request, command: Command, caller: Caller) -> web.Response:
        """Note up to where the visitor has read."""
        speaker = await self._visitors.authenticate(command, caller)
        await self._limits.aside("read", speaker.origin)
        await self._conversations.read(speaker.origin, speaker.conversation, command.cursor)
        return answer(wire.Read())

    async def conversations(self, _: web.Request, command: Command, caller: Caller) -> web.Response:
        """The visitor's conversations."""
        speaker = await self._visitors.authenticate(command, caller)
        await self._limits.aside("conversations", speaker.origin)
        return answer(wire.Listing(tuple(await self._conversations.listed(speaker.origin))))

    async def delete(self, _: web.Request, command: Command, caller: Caller) -> web.Response:
        """Erase one of the visitor's conversations."""
        if not command.conversation:
            raise Refusal(400, "bad_request", "Say which conversation.")
        speaker = await self._visitors.authenticate(command, caller)
        await self._limits.aside("delete", speaker.origin, DELETED_PER_MINUTE)
        deleted = await self._gateway.erase(speaker.origin)
        await self._conversations.forget(speaker.origin, speaker.conversation)
        return answer(wire.Deleted(deleted))

    async def _admit(
        self, message: Inbound, said: dict[str, object] | None, caller: Caller
    ) -> Admission:
        await self._limits.wrote(message.origin, caller.address, trusted=caller.trusted)
        admission = await self._gateway.admit(message, said=said)
        if admission.status == "busy":
            code = "slow_down" if admission.retry_after else "busy"
            raise Refusal(429, code, admission.notice, admission.retry_after or 5)
        if admission.status == "refused":
            raise Refusal(403, "refused", admission.notice)
        return admission

    async def _inputs(self, speaker: Speaker) -> dict[str, str]:
        """What was answered in the form. Raises Refusal while it has to be."""
        if not self._sessions.fields:
            return {}
        person, name = speaker.origin.person.id, speaker.conversation
        given = await self._conversations.answered(person, name)
        if given is not None:
            await self._conversations.prolong(person, name, given)
        elif any(field.required for field in self._sessions.fields):
            raise Refusal(403, "form_required", self._say(speaker, "web.form.required"))
        return given or {}

    async def _files(self, speaker: Speaker, command: Command) -> tuple[Attachment, ...]:
        found = [await self._gateway.find_file(path) for path in command.files]
        if None in found:
            raise Refusal(400, "file_gone", self._say(speaker, "file_gone"))
        return tuple(file for file in found if file)

    def _say(self, speaker: Speaker, key: str, **values: object) -> str:
        return self._gateway.text(speaker.origin.person.locale, key, **values)


def _accepted(admission: Admission) -> web.Response:
    return answer(wire.Accepted(admission.status, admission.turn), status=202)
