"""What people were told, conversation by conversation, in the widget and at the platforms."""

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from torture.people import Person, Visitor
from torture.platform import Platform, Post

MARK = "\n※ "
"""How a pager's message tells the bot's words from the gateway's."""


class Given(Struct, frozen=True):
    """One answer to one message, as it stands in the end. ``place`` orders it in its talk."""

    token: str
    place: float
    text: str
    notices: tuple[str, ...]
    failed: bool
    posts: tuple[Post, ...] = ()
    """What it stands in, at the platform."""


class Part(Struct, frozen=True):
    """All posts of one part of one answer: more than one is a repeat."""

    token: str
    ref: str
    posts: tuple[Post, ...]


def given(person: Person, platform: Platform) -> Iterator[Given]:
    """Every answer in a conversation, in the order of their appearance."""
    if isinstance(person, Visitor):
        yield from _in_widget(person)
    else:
        yield from sorted(_at_platform(person, platform), key=lambda answer: answer.place)


def parts(person: Person, platform: Platform) -> Iterator[Part]:
    """The parts of every answer at the platform, by when they were posted first."""
    found: defaultdict[tuple[str, str], list[Post]] = defaultdict(list)
    for post in platform.posts.values():
        if post.place == person.talk.place and not post.deleted:
            found[post.reply_to, post.ref].append(post)
    for (token, ref), posts in found.items():
        yield Part(token, ref, tuple(posts))


def _in_widget(person: Visitor) -> Iterator[Given]:
    tokens = {turn: token for token, ack in person.acks.items() for turn in ack.turns}
    for place, said in enumerate(person.stream.history):
        if said["kind"] == "bot":
            yield Given(
                token=tokens.get(said["turn"], f"unknown turn {said['turn']}"),
                place=place,
                text=said["text"],
                notices=tuple(said.get("notices", ())),
                failed=said["state"] != "done",
            )


def _at_platform(person: Person, platform: Platform) -> Iterator[Given]:
    answers: defaultdict[str, list[Part]] = defaultdict(list)
    for part in parts(person, platform):
        answers[part.token].append(part)
    for token, found in answers.items():
        found.sort(key=lambda part: int(part.ref.partition(".")[2]))
        # Of a part that was posted twice, the last is the one that was edited to its end.
        text, *notices = "".join(part.posts[-1].text for part in found).split(MARK)
        first = min(post.at for part in found for post in part.posts)
        posts = tuple(part.posts[-1] for part in found)
        yield Given(token, first, text, tuple(notices), bool(notices), posts)
