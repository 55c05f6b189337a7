"""Conversations, their variables, and the messages in them."""

from typing import Literal

from adapters.bots.clickai.objects import (
    Conversation,
    ConversationList,
    ConversationVariable,
    MessageList,
    Suggested,
    VariableList,
)
from adapters.bots.clickai.transport import Transport, in_path

Rating = Literal["like", "dislike"]


class Conversations:
    """The conversations of one chat app. Each belongs to a user; nobody else's are found."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(
        self, user: str, *, limit: int = 20, last_id: str = "", sort_by: str = "-updated_at"
    ) -> ConversationList:
        """A user's conversations, the latest first; the next page begins behind ``last_id``."""
        query = {"last_id": last_id} if last_id else {}
        return await self._transport.get(
            "conversations", ConversationList, user=user, limit=limit, sort_by=sort_by, **query
        )

    async def rename(self, conversation_id: str, user: str, name: str = "") -> Conversation:
        """Give it a name; without one, ClickAI makes one up (with a call of its model)."""
        named = {"name": name, "auto_generate": False} if name else {"auto_generate": True}
        path = f"conversations/{in_path(conversation_id)}/name"
        return await self._transport.send("POST", path, Conversation, {**named, "user": user})

    async def delete(self, conversation_id: str, user: str) -> None:
        """Delete it. The server wants to know the user, in a JSON body."""
        path = f"conversations/{in_path(conversation_id)}"
        await self._transport.tell("DELETE", path, {"user": user})

    async def variables(self, conversation_id: str, user: str, *, limit: int = 20) -> VariableList:
        """What a chatflow remembers in it; nothing, for other apps."""
        path = f"conversations/{in_path(conversation_id)}/variables"
        return await self._transport.get(path, VariableList, user=user, limit=limit)

    async def set_variable(
        self, conversation_id: str, variable_id: str, value: object, user: str
    ) -> ConversationVariable:
        """Change what it remembers, from its next turn on."""
        path = f"conversations/{in_path(conversation_id)}/variables/{in_path(variable_id)}"
        body = {"value": value, "user": user}
        return await self._transport.send("PUT", path, ConversationVariable, body)


class Messages:
    """The messages of one app."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(
        self, conversation_id: str, user: str, *, limit: int = 20, first_id: str = ""
    ) -> MessageList:
        """The latest messages of a conversation, oldest first; or those before ``first_id``."""
        query = {"first_id": first_id} if first_id else {}
        return await self._transport.get(
            "messages",
            MessageList,
            conversation_id=conversation_id,
            user=user,
            limit=limit,
            **query,
        )

    async def suggested(self, message_id: str, user: str) -> tuple[str, ...]:
        """Questions to ask next; costs a call of the model. Refused when the app has them off."""
        path = f"messages/{in_path(message_id)}/suggested"
        return tuple((await self._transport.get(path, Suggested, user=user)).data)

    async def rate(
        self, message_id: str, user: str, rating: Rating | None, content: str = ""
    ) -> None:
        """Say what the user thinks of an answer; None takes an earlier rating back."""
        body: dict[str, object] = {"rating": rating, "user": user}
        if content:
            body["content"] = content
        await self._transport.tell("POST", f"messages/{in_path(message_id)}/feedbacks", body)
