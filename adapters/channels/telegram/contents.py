"""Contents: what a message holds, as words and as files still at Telegram. Pure."""

from collections.abc import Iterator

from adapters.channels.telegram import rich
from adapters.channels.telegram.config import MB
from adapters.channels.telegram.wire import Contact, Entity, Line, Location, Media, Message
from gateway.model import Attachment

QUOTE_LONGEST = 1000
NAME_LONGEST = 150
_KINDS = {
    "audio": ("audio.mp3", "audio/mpeg"),
    "voice": ("voice.ogg", "audio/ogg"),
    "video": ("video.mp4", "video/mp4"),
    "video_note": ("video.mp4", "video/mp4"),
    "animation": ("animation.mp4", "video/mp4"),
    "document": ("file", "application/octet-stream"),
}
"""Kinds of files, with what they are called and of what type they are, when it is not said."""


def words(message: Message) -> tuple[str, list[Entity]]:
    """What is to be read in a message, with its entities."""
    if message.text:
        return message.text, message.entities
    if message.caption:
        return message.caption, message.caption_entities
    return rich.flattened(message.rich_message) or _described(message), []


def quoted(text: str) -> str:
    """A text as a Markdown quote, cut where it is too long."""
    text = text.strip()
    if len(text) > QUOTE_LONGEST:
        text = text[: QUOTE_LONGEST - 1] + "…"
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def files(message: Message, most: int) -> tuple[Attachment, ...]:
    """The files of a message. Of one with more than ``most`` bytes only its name is known."""
    return tuple(_attachment(*found, most) for found in _media(message))


def _described(message: Message) -> str:
    """What is no text and no file, said in a few words."""
    if message.sticker:
        return message.sticker.emoji
    if message.poll:
        return _listed("poll", message.poll.question, message.poll.options)
    if message.checklist:
        return _listed("checklist", message.checklist.title, message.checklist.tasks)
    if message.dice:
        return f"[{message.dice.emoji} {message.dice.value}]"
    return _contact(message.contact) if message.contact else _located(message)


def _located(message: Message) -> str:
    if message.venue:
        venue = message.venue
        return _bracketed("venue", venue.title, venue.address, _point(venue.location))
    return f"[location {_point(message.location)}]" if message.location else ""


def _contact(contact: Contact) -> str:
    name = f"{contact.first_name} {contact.last_name}".strip()
    return _bracketed("contact", name, contact.phone_number)


def _point(location: Location) -> str:
    return f"{location.latitude}, {location.longitude}"


def _listed(kind: str, title: str, lines: list[Line]) -> str:
    return f"[{kind} {title}: {' / '.join(line.text for line in lines)}]"


def _bracketed(kind: str, *parts: str) -> str:
    return f"[{kind} {', '.join(part for part in parts if part)}]"


def _media(message: Message) -> Iterator[tuple[Media, str, str]]:
    """Each file with its name and its type."""
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        yield largest, "photo.jpg", "image/jpeg"
    for kind, (name, media_type) in _KINDS.items():
        media = getattr(message, kind)
        # An animation is there a second time, as a document.
        if media and not (kind == "document" and message.animation):
            yield media, media.file_name or name, media.mime_type or media_type


def _attachment(media: Media, name: str, media_type: str, most: int) -> Attachment:
    fits = media.file_size <= most and most > 0
    return Attachment(
        name=_safe(name),
        media_type=media_type.strip().lower(),
        size=max(media.file_size, 0),
        remote=media.file_id if fits else "",
        limit_mb=0 if fits else most // MB,
    )


def _safe(name: str) -> str:
    printable = "".join(char for char in name if char.isprintable())
    return printable.replace("\\", "/").rpartition("/")[2].strip()[-NAME_LONGEST:] or "file"
