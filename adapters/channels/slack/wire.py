"""What Slack sends, typed as far as it is read. Fields that are not named here are passed over."""

from typing import Annotated, Any

from msgspec import Meta, Struct

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,40}$")]
Ts = Annotated[str, Meta(pattern=r"^[0-9]{1,12}\.[0-9]{1,9}$")]
"""A message's name within its channel, and the time it was written."""


class File(Struct, frozen=True):
    """A file of a message; its bytes are at ``url_private``, for those who have a token."""

    id: str = ""
    name: str | None = None
    mimetype: str | None = None
    mode: str | None = None
    file_access: str | None = None
    url_private: str | None = None
    url_private_download: str | None = None
    size: int | None = None


class Edit(Struct, frozen=True):
    """When a message was edited."""

    ts: Ts


class Message(Struct, frozen=True):
    """A message, as an event or within one."""

    ts: Ts = ""
    thread_ts: Ts | None = None
    channel: Id | None = None
    channel_type: str | None = None
    user: Id | None = None
    username: str | None = None
    bot_id: Id | None = None
    app_id: Id | None = None
    user_team: Id | None = None
    source_team: Id | None = None
    team: Id | None = None
    subtype: str | None = None
    hidden: bool = False
    text: str | None = None
    files: list[File] | None = None
    edited: Edit | None = None
    message: "Message | None" = None
    previous_message: "Message | None" = None
    blocks: list[dict[str, Any]] | None = None


class Stopped(Struct, frozen=True):
    """Somebody pressed Slack's own stop button."""

    channel: Id
    user: Id
    thread_ts: Ts | None = None


class Item(Struct, frozen=True):
    """What a reaction is about."""

    type: str = ""
    channel: Id | None = None
    ts: Ts | None = None


class Reaction(Struct, frozen=True):
    """An emoji was put on something, or taken away."""

    type: str
    user: Id
    reaction: str
    item: Item


class HomeOpened(Struct, frozen=True):
    """Somebody looks at the app's own page."""

    user: Id
    channel: Id
    tab: str = "home"


class AssistantThread(Struct, frozen=True):
    """A thread of an app that is an assistant, not yet an agent."""

    user_id: Id
    channel_id: Id
    thread_ts: Ts


class ThreadStarted(Struct, frozen=True):
    """Such a thread was opened, or what the person looks at beside it has changed."""

    assistant_thread: AssistantThread


class Tokens(Struct, frozen=True):
    """Ids of bot users whose tokens count no longer."""

    bot: list[str] = []


class Revoked(Struct, frozen=True):
    """Tokens were revoked."""

    tokens: Tokens


class Named(Struct, frozen=True):
    """A channel."""

    id: Id


class User(Struct, frozen=True):
    """Who pressed a button."""

    id: Id
    team_id: Id | None = None


class Words(Struct, frozen=True):
    """The text on a button."""

    text: str = ""


class Action(Struct, frozen=True):
    """One pressed button."""

    action_id: str
    action_ts: str = ""
    value: str | None = None
    text: Words | None = None


class Input(Struct, frozen=True):
    """What was written into a field of a form."""

    value: str | None = None


class State(Struct, frozen=True):
    """All fields of a form, by block and action."""

    values: dict[str, dict[str, Input]] = {}


class View(Struct, frozen=True):
    """A modal or a home tab."""

    callback_id: str = ""
    private_metadata: str = ""
    state: State | None = None


class Interaction(Struct, frozen=True):
    """A pressed button, a shortcut or a submitted form."""

    user: User
    trigger_id: str = ""
    channel: Named | None = None
    message: Message | None = None
    actions: list[Action] = []
    view: View | None = None


class Command(Struct, frozen=True):
    """A slash command, as the form that Slack posts."""

    user_id: Id
    channel_id: Id
    command: str
    text: str = ""
    trigger_id: str = ""
