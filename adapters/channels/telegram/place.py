"""Where an answer goes."""


class Place:
    """A chat, its topic if there is one, and the message that is replied to.

    It changes when Telegram says that a group has moved, or that a topic is no more.
    """

    def __init__(self, chat: int, thread: int | None = None, reply_to: int | None = None) -> None:
        self.chat = chat
        self.thread = thread
        self.reply_to = reply_to

    @property
    def private(self) -> bool:
        """Whether it is one person's chat with the bot."""
        return self.chat > 0
