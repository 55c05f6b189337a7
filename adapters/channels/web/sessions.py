"""A session: all that a widget needs to begin, as the configuration says it now."""

from aiohttp import web
from msgspec import UNSET, Raw, UnsetType

from adapters.channels.web import forms, wire
from adapters.channels.web.config import Config
from adapters.channels.web.content import is_accepted
from adapters.channels.web.conversations import Conversations
from adapters.channels.web.gate import answer
from adapters.channels.web.inbound import FILES_MOST
from adapters.channels.web.visitors import Caller, Speaker, Visitors
from adapters.channels.web.wire import Command
from gateway.ports import Abilities, GatewayForChannels, History, Refusal

RECORDINGS = ("audio/webm", "audio/mp4", "audio/ogg")
"""What browsers record."""


class Sessions:
    """Opens sessions of one site."""

    def __init__(
        self,
        config: Config,
        gateway: GatewayForChannels,
        visitors: Visitors,
        conversations: Conversations,
    ) -> None:
        self._config = config
        self._gateway = gateway
        self._visitors = visitors
        self._conversations = conversations
        self.fields = tuple(each.field() for each in config.form.fields) if config.form else ()

    async def session(self, _: web.Request, command: Command, caller: Caller) -> web.Response:
        """Open or resume a visitor's session."""
        speaker, token = await self._visitors.admit(command, caller)
        if command.inputs is not None:
            await self._answer(speaker, command.inputs)
        return answer(await self._describe(speaker, token))

    async def identify(
        self, request: web.Request, command: Command, caller: Caller
    ) -> web.Response:
        """A session for whom an identity says."""
        if not command.identity:
            raise Refusal(400, "bad_request", "Send an identity.")
        return await self.session(request, command, caller)

    async def _answer(self, speaker: Speaker, inputs: dict[str, str]) -> None:
        locale = speaker.origin.person.locale

        def say(key: str, **values: object) -> str:
            return self._gateway.text(locale, key, **values)

        given = forms.answers(self.fields, inputs, say)
        await self._conversations.answer(speaker.origin.person.id, speaker.conversation, given)

    async def _describe(self, speaker: Speaker, token: str) -> wire.Session:
        config, origin = self._config, speaker.origin
        introduction = await self._gateway.introduce(origin)
        abilities = await self._gateway.abilities(origin)
        history = await self._gateway.history(origin)
        proactive = tuple(
            wire.Proactive(each.id, each.text, each.after, each.page) for each in config.proactive
        )
        return wire.Session(
            token=token,
            visitor=speaker.visitor.id,
            conversation=speaker.conversation,
            history=tuple(map(Raw, history.messages)),
            cursor=history.cursor,
            waiting=history.waiting,
            title=config.title,
            opening=introduction.opening,
            suggestions=introduction.suggestions,
            limits=wire.Limits(config.max_text, config.file_bytes),
            conversations=config.conversations and abilities.threads,
            features=self._features(abilities),
            images=config.images,
            user=wire.User(speaker.visitor.name) if speaker.visitor.is_person else UNSET,
            form=await self._form(speaker),
            proactive=proactive or UNSET,
            theme=self._theme(),
            texts=self._texts(origin.person.locale) or UNSET,
        )

    def _features(self, abilities: Abilities) -> wire.Features:
        config = self._config
        listens = abilities.voice and bool(config.max_file_mb)
        records = any(is_accepted(each, config.accept) for each in RECORDINGS)
        taken = wire.FilesTaken(config.file_bytes, FILES_MOST, config.accept)
        return wire.Features(
            voice=config.voice and listens and records,
            feedback=config.feedback and abilities.feedback,
            regenerate=config.regenerate,
            files=taken if config.max_file_mb else UNSET,
        )

    async def _form(self, speaker: Speaker) -> wire.Form | UnsetType:
        person, name = speaker.origin.person.id, speaker.conversation
        if not self._config.form or await self._conversations.answered(person, name) is not None:
            return UNSET
        return wire.Form(self._config.form.title, tuple(map(wire.field, self.fields)))

    def _theme(self) -> wire.Theme | UnsetType:
        theme = self._config.theme
        return wire.Theme(theme.accent, theme.css) if theme.accent or theme.css else UNSET

    def _texts(self, locale: str) -> dict[str, str]:
        """The operator's words in the nearest language they are written in."""
        parts = locale.lower().split("-")
        for length in range(len(parts), 0, -1):
            if found := self._config.texts.get("-".join(parts[:length])):
                return found
        return self._config.texts.get(self._config.locale.lower(), {})


def transcript(history: History) -> wire.Transcript:
    """A conversation at one instant."""
    return wire.Transcript(
        history=tuple(map(Raw, history.messages)), cursor=history.cursor, waiting=history.waiting
    )
