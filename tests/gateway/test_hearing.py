"""Recordings become questions."""

from support.adapters import ScriptedBot

from gateway.hearing import heard
from gateway.model import Ask, Attachment, Conversation
from gateway.ports import Bot

SPEECH = Attachment("a.ogg", "audio/ogg", "blob:1", 10)
NOISE = Attachment("b.ogg", "audio/ogg", "blob:2", 10)
PICTURE = Attachment("c.png", "image/png", "blob:3", 10)


class HearingBot(ScriptedBot):
    """Understands one recording."""

    def __init__(self) -> None:
        super().__init__()
        self.users: list[str] = []

    async def transcribe(self, audio: Attachment, user: str) -> str:
        self.users.append(user)
        return " Where is my parcel? " if audio == SPEECH else ""


async def asked(bot: Bot, text: str, *attachments: Attachment) -> Ask:
    ask = Ask(turn="1", text=text, user="u", conversation=Conversation(), attachments=attachments)
    return await heard(bot, ask)


async def test_a_recording_alone_becomes_the_question() -> None:
    bot = HearingBot()
    ask = await asked(bot, "", SPEECH)
    assert (ask.text, ask.attachments, bot.users) == ("Where is my parcel?", (), ["u"])


async def test_what_was_not_understood_stays_a_file() -> None:
    ask = await asked(HearingBot(), " ", NOISE, SPEECH, PICTURE)
    assert (ask.text, ask.attachments) == ("Where is my parcel?", (NOISE, PICTURE))


async def test_a_recording_beside_a_text_is_a_file() -> None:
    bot = HearingBot()
    ask = await asked(bot, "listen", SPEECH)
    assert (ask.text, ask.attachments, bot.users) == ("listen", (SPEECH,), [])


async def test_a_bot_that_cannot_hear_is_given_the_file() -> None:
    ask = await asked(ScriptedBot(), "", SPEECH)
    assert (ask.text, ask.attachments) == ("", (SPEECH,))
