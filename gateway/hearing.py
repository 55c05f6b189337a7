"""Hearing: what somebody said into a microphone becomes their question."""

from msgspec.structs import replace

from gateway.model import Ask
from gateway.ports import Bot, CanTranscribe


async def heard(bot: Bot, ask: Ask) -> Ask:
    """The question with its recordings as text, when it is nothing else and the bot can hear.

    A recording that could not be understood stays a file: the bot may take it as one. Never
    raises.
    """
    if ask.text.strip() or not isinstance(bot, CanTranscribe):
        return ask
    said, left = [], []
    for attachment in ask.attachments:
        text = await bot.transcribe(attachment, ask.user) if attachment.family == "audio" else ""
        if text.strip():
            said.append(text.strip())
        else:
            left.append(attachment)
    return replace(ask, text="\n\n".join(said), attachments=tuple(left))
