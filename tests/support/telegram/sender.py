"""What people do, as the updates that a bot gets of it; pushing.py brings them."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from support.telegram import shapes
from support.telegram.model import Bot, File, Message
from support.telegram.state import State

PERSON = 42
GROUP = -1_000_000_000_001
ANONYMOUS = 1_087_968_824
"""Who writes where an administrator hides."""
Update = dict[str, Any]


class Sender(State):
    """Makes updates. Each method makes one, with ``more`` fields in its message, for the first bot
    unless another is named; the messages they speak of are in their chats."""

    def update(self, kind: str, content: Mapping[str, Any]) -> Update:
        """An update of any kind."""
        return {"update_id": 1_000 + self.new_id(), kind: dict(content)}

    def message(
        self, chat: int, *, user: int = PERSON, thread: int = 0, bot: Bot | None = None,
        who: Mapping[str, Any] | None = None, file: File | None = None, **more: Any,
    ) -> Update:  # fmt: skip
        """Somebody writes something."""
        place, id_ = self.chat(chat), self.new_id()
        raw: dict[str, Any] = {"message_id": id_, "date": int(time.time())}
        raw |= {"chat": shapes.chat(place), "from": shapes.user(user) | dict(who or {})}
        if thread:
            place.topics.add(thread)
            raw |= {"message_thread_id": thread, "is_topic_message": True}
        raw |= (shapes.media(file) if file else {}) | more
        kept = Message(
            id=id_, chat=chat, user=user, thread=thread, text=raw.get("text", ""), file=file,
            media=file.kind if file else "", caption=raw.get("caption", ""), raw=raw,
        )  # fmt: skip
        self.keep(bot or self.bot, kept)
        return self.update("message", raw)

    def private(self, text: str = "hello", *, user: int = PERSON, **more: Any) -> Update:
        """A person writes to the bot; the chat's id is theirs."""
        found = {"entities": commands(text)} if commands(text) else {}
        return self.message(user, user=user, text=text, **found, **more)

    def group(self, text: str = "hello", *, chat: int = GROUP, **more: Any) -> Update:
        """A person writes in a group, to nobody."""
        found = {"entities": commands(text)} if commands(text) else {}
        return self.message(chat, text=text, **found | more)

    def mention(
        self, text: str = "hello", *, chat: int = GROUP, bot: Bot | None = None, **more: Any
    ) -> Update:
        """A person mentions the bot in a group."""
        name = f"@{(bot or self.bot).username}"
        entity = {"type": "mention", "offset": 0, "length": len(name)}
        return self.group(f"{name} {text}", chat=chat, bot=bot, entities=[entity], **more)

    def reply(
        self, text: str, to: Message, *, bot: Bot | None = None, user: int = PERSON, **more: Any
    ) -> Update:
        """A person replies to a message."""
        to_shape = shapes.shown(self, bot or self.bot, to, nested=True)
        more = {"thread": to.thread, "reply_to_message": to_shape} | more
        return self.message(to.chat, user=user, bot=bot, text=text, **more)

    def topic(
        self, text: str, thread: int, *, chat: int = -1_000_000_000_042, **more: Any
    ) -> Update:
        """A person mentions the bot in a topic of a forum."""
        self.forum(chat, thread)
        return self.mention(text, chat=chat, thread=thread, **more)

    def anonymous(self, text: str, *, chat: int = GROUP, **more: Any) -> Update:
        """An administrator who hides behind the group mentions the bot."""
        hidden = {"is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
        who = hidden | {"language_code": None}
        sender = {"user": ANONYMOUS, "sender_chat": shapes.chat(self.chat(chat))}
        update = self.mention(text, chat=chat, who=who, **sender, **more)
        del update["message"]["from"]["language_code"]
        return update

    def upload(
        self, data: bytes, *, kind: str = "document", name: str = "", mimetype: str = "",
        size: int = 0,
    ) -> File:  # fmt: skip
        """A person's file; ``size`` may be more than there is."""
        file = File(id="", kind=kind, name=name, data=data, mimetype=mimetype, size=size)
        return self.add_file(file)

    def photo(self, data: bytes, text: str = "", *, user: int = PERSON, **more: Any) -> Update:
        """A person sends a picture."""
        return self.sent(self.upload(data, kind="photo"), text, user=user, **more)

    def voice(self, data: bytes = b"OggS voice", *, user: int = PERSON, **more: Any) -> Update:
        """A person speaks."""
        return self.sent(self.upload(data, kind="voice", mimetype="audio/ogg"), user=user, **more)

    def document(
        self, data: bytes, name: str = "a.txt", mimetype: str = "text/plain", text: str = "",
        *, user: int = PERSON, size: int = 0, **more: Any,
    ) -> Update:  # fmt: skip
        """A person sends a file."""
        file = self.upload(data, name=name, mimetype=mimetype, size=size)
        return self.sent(file, text, user=user, **more)

    def sent(
        self, file: File, text: str = "", *, user: int = PERSON, chat: int = 0, **more: Any
    ) -> Update:
        """A person sends any file, with a caption."""
        caption = {"caption": text} if text else {}
        return self.message(chat or user, user=user, file=file, **caption, **more)

    def album(
        self, pictures: Sequence[bytes], text: str = "", *, user: int = PERSON, **more: Any
    ) -> list[Update]:
        """A person sends pictures in one; the first has the caption."""
        group = {"media_group_id": str(self.new_id())}
        texts = [text, *[""] * (len(pictures) - 1)]
        each = zip(pictures, texts, strict=True)
        return [self.photo(data, said, user=user, **group, **more) for data, said in each]

    def edited(self, update: Update, text: str, *, bot: Bot | None = None) -> Update:
        """A person changes what they wrote."""
        raw = dict(update["message"]) | {"text": text, "edit_date": int(time.time()) + 1}
        raw.pop("entities", None)
        if found := commands(text):
            raw["entities"] = found
        kept = (bot or self.bot).messages[raw["chat"]["id"], raw["message_id"]]
        kept.text, kept.raw, kept.edited = text, raw, kept.edited + 1
        return self.update("edited_message", raw)

    def callback(
        self, message: Message, data: str, *, user: int = PERSON, bot: Bot | None = None
    ) -> Update:
        """A person presses a button."""
        bot = bot or self.bot
        query = str(4_000_000_000 + self.new_id())
        bot.queries[query] = time.monotonic()
        return self.update("callback_query", {
            "id": query, "from": shapes.user(user), "chat_instance": "1", "data": data,
            "message": shapes.shown(self, bot, message),
        })  # fmt: skip

    def reaction(
        self, message: Message, emoji: str = "👍", *, user: int = PERSON, before: str = ""
    ) -> Update:
        """A person reacts to a message; with no emoji, no longer."""
        found = {"chat": shapes.chat(self.chat(message.chat)), "message_id": message.id}
        return self.update("message_reaction", found | {
            "user": shapes.user(user), "date": int(time.time()),
            "old_reaction": _reactions(before), "new_reaction": _reactions(emoji),
        })  # fmt: skip

    def stop(self, chat: int = PERSON, thread: int = 0, *, bot: Bot | None = None) -> Update:
        """A person presses Stop beside what is being written."""
        bot = bot or self.bot
        draft = self.live_drafts(bot)[chat, thread]
        assert draft.stoppable
        del bot.shown[chat, thread]
        where = {"chat": shapes.chat(self.chat(chat)), "draft_id": draft.id}
        more = {"message_thread_id": thread} if thread else {}
        return self.update("stopped_message_generation", where | more)

    def member(
        self, chat: int, status: str = "kicked", *, user: int = PERSON, bot: Bot | None = None
    ) -> Update:
        """What the bot is in a chat changes: member, kicked (or blocked), left, administrator."""
        bot = bot or self.bot
        place, gone = self.chat(chat), status in ("kicked", "left")
        if place.type == "private":
            (bot.blocked.add if gone else bot.blocked.discard)(chat)
        else:
            place.kicked = gone
        who = shapes.me(bot)
        before = {"status": "member" if gone else "left", "user": who}
        after = {"status": status, "user": who} | ({"until_date": 0} if status == "kicked" else {})
        return self.update("my_chat_member", {
            "chat": shapes.chat(place), "from": shapes.user(user), "date": int(time.time()),
            "old_chat_member": before, "new_chat_member": after,
        })  # fmt: skip

    def migration(self, old: int = -77, new: int = -1_000_000_000_077) -> list[Update]:
        """A group becomes a supergroup: what the bot gets of it, in the old one and in the new."""
        old_chat = self.chat(old)
        self.chat(new).title = old_chat.title
        left = self.message(old, migrate_to_chat_id=new)
        old_chat.migrated_to = new
        return [left, self.message(new, migrate_from_chat_id=old)]


def commands(text: str) -> list[dict[str, Any]]:
    """The entities that Telegram finds in a text that begins with a command."""
    word = text.split(maxsplit=1)[0] if text.strip() else ""
    if not text.startswith("/") or len(word) < 2:
        return []
    return [{"type": "bot_command", "offset": 0, "length": len(word)}]


def _reactions(emoji: str) -> list[dict[str, str]]:
    return [{"type": "emoji", "emoji": emoji}] if emoji else []
