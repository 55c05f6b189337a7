"""All that the stand-in remembers."""

import itertools
import time
from typing import Any

from support.telegram.model import TOKEN, Bot, Call, Chat, Draft, File, Message, Refusal, bad

SUPERGROUPS = -1_000_000_000_000
TOPICS = frozenset(range(1, 100))


class State:
    """Bots, chats, people and messages. What is asked of it is of the first bot, unless a bot is
    named."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[Call] = []
        self.complaints: list[str] = []
        """What a bot did that Telegram would overlook, but nobody should do."""
        self.hammered: list[Call] = []
        """Calls about a chat that was to be left alone."""
        self.bots: dict[str, Bot] = {}
        """By token; there may be several for one."""
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, File] = {}
        self.unknown: set[int] = set()
        """Chats that do not exist."""
        self.rich = True
        self.draft_seconds = 30.0
        self.query_seconds = 150.0
        self.upload_bytes = 50 * 1024 * 1024
        self.photo_bytes = 10 * 1024 * 1024
        self.download_bytes = 20 * 1024 * 1024
        self._ids = itertools.count(1)
        self.bot = self.add(Bot())

    def add(self, bot: Bot) -> Bot:
        """Another bot."""
        self.bots[bot.token] = bot
        return bot

    @property
    def token(self) -> str:
        """Of the first bot."""
        return TOKEN

    @property
    def messages(self) -> dict[tuple[int, int], Message]:
        """All messages, by chat and id, also those of people and those that were deleted."""
        return self.bot.messages

    @property
    def drafts(self) -> dict[tuple[int, int], Draft]:
        """What people see being written, by chat and thread."""
        return self.live_drafts(self.bot)

    def live_drafts(self, bot: Bot) -> dict[tuple[int, int], Draft]:
        """The same of any bot."""
        oldest = time.monotonic() - self.draft_seconds
        return {place: draft for place, draft in bot.shown.items() if draft.since > oldest}

    def chat(self, id_: Any) -> Chat:
        """A chat. Whoever is written to has begun the bot, whatever group is written to has it,
        unless a test says otherwise. Raises Refusal."""
        if not isinstance(id_, int) or not id_ or id_ in self.unknown:
            raise bad("chat not found")
        if id_ not in self.chats:
            kind = "private" if id_ > 0 else "supergroup" if id_ < SUPERGROUPS else "group"
            self.chats[id_] = Chat(id=id_, type=kind, title="" if id_ > 0 else f"Group {-id_}")
        return self.chats[id_]

    def forum(self, chat: int = -1_000_000_000_042, *topics: int) -> Chat:
        """A group with topics."""
        found = self.chat(chat)
        found.forum = True
        found.topics.update(topics or TOPICS)
        return found

    def new_id(self) -> int:
        """A fresh number, larger than all before."""
        return next(self._ids)

    def keep(self, bot: Bot, message: Message) -> Message:
        """Put a message where it belongs: whatever was being written there is gone."""
        bot.messages[message.chat, message.id] = message
        bot.shown.pop((message.chat, message.thread), None)
        return message

    def file(self, id_: str) -> File:
        """A file. Raises Refusal."""
        if id_ not in self.files:
            raise bad("wrong file identifier/HTTP URL specified")
        return self.files[id_]

    def add_file(self, file: File) -> File:
        """Give a file its id."""
        file.id = f"AgACAgIAAxkBAAI{self.new_id():06}"
        file.size = file.size or len(file.data)
        self.files[file.id] = file
        return file

    def said(self, chat: int, thread: int | None = None, bot: Bot | None = None) -> list[Message]:
        """The bot's messages in a chat, or in one of its threads, in their order."""
        found = [m for m in (bot or self.bot).messages.values() if m.chat == chat and m.mine]
        return [m for m in found if not m.deleted and thread in (None, m.thread)]

    def texts(self, chat: int, thread: int | None = None, bot: Bot | None = None) -> list[str]:
        """What they say."""
        return [message.text or message.caption for message in self.said(chat, thread, bot)]

    def called(self, *methods: str) -> list[Call]:
        """The calls of these methods, whatever became of them."""
        return [call for call in self.calls if call.method in methods]

    def frames(self, chat: int) -> list[str]:
        """What the drafts in a chat said, one after another."""
        calls = self.called("sendMessageDraft")
        return [c.args.get("text", "") for c in calls if c.args["chat_id"] == chat and not c.error]

    def block(self, chat: int, bot: Bot | None = None) -> None:
        """A person blocks the bot."""
        (bot or self.bot).blocked.add(chat)


__all__ = ["Refusal", "State"]
