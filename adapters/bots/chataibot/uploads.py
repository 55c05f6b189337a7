"""The files that a person sends, as links from which ChatAIBot fetches them."""

from pathlib import PurePosixPath

from msgspec import Struct

from adapters.bots.chataibot import wire
from gateway.model import Ask, Attachment, Notice
from gateway.ports import GatewayForBots


class Uploads(Struct, frozen=True):
    """What can be sent, and what the person is told of the rest."""

    files: tuple[wire.File, ...] = ()
    notices: tuple[Notice, ...] = ()


def uploads_of(ask: Ask, gateway: GatewayForBots) -> Uploads:
    """The files of a message. Without a public address there is no link to any of them."""
    sent = [each for each in ask.attachments if each.content and gateway.public_url]
    return Uploads(
        tuple(_file(each, gateway) for each in sent),
        tuple(_notice(each, ask, gateway) for each in ask.attachments if each not in sent),
    )


def _file(attachment: Attachment, gateway: GatewayForBots) -> wire.File:
    return wire.File(
        filename=attachment.name,
        link=gateway.public_url + gateway.file_path(attachment),
        mime_type=attachment.media_type,
        extension=PurePosixPath(attachment.name).suffix.removeprefix("."),
    )


def _notice(attachment: Attachment, ask: Ask, gateway: GatewayForBots) -> Notice:
    key = "file.not_passed" if attachment.content else "file.gone"
    return Notice(gateway.text(ask.locale, key, name=attachment.name))
