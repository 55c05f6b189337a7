"""What people in Telegram were told is read as it stands there."""

import random

import aiohttp
import pytest
from support.telegram import Bot, Call, Message, Telegram

from torture.answers import MARK
from torture.chatters import Chatter, add_bots, token_of
from torture.people import Ack
from torture.plan import Door, Manner, Question, Talk
from torture.platform import Platform

FIRST = Question("c0001m0-aaaaaa", 0.0, Manner.WHOLE, "c0001m0-aaaaaa whole 3 0")
SECOND = Question("c0001m1-bbbbbb", 0.0, Manner.FAIL, "c0001m1-bbbbbb fail 3 0")
NOTICE = "It failed."


class Scene:
    """A chat in which two questions were asked."""

    def __init__(self, http: aiohttp.ClientSession, bot: str) -> None:
        door = Door("telegram-x", bot, telegram=True)
        self.tg, self.platform = Telegram(), Platform(random.Random(1))
        add_bots(self.tg, [door])
        self.bot: Bot = self.tg.bots[token_of(door)]
        talk = Talk("c0001", door, (FIRST, SECOND))
        self.chatter = Chatter(talk, http, str, random.Random(1))
        self.chatter.join(self.tg, self.platform)
        for question in talk.questions:
            self.chatter._updates[question.token] = self.chatter._update(question)
            self.chatter.acks[question.token] = Ack(1.0, 1.1)

    def says(self, text: str, turn: str = "", italic: str = "", reply_to: int = 0) -> None:
        """The bot says something."""
        button = {"text": "a", "callback_data": f"like:{turn}"}
        whole = "\n\n".join(filter(None, [text, italic]))
        place = {"offset": len(whole) - len(italic), "length": len(italic)}
        message = Message(
            id=self.tg.new_id(),
            chat=self.chatter._chat,
            mine=True,
            text=whole,
            entities=[{"type": "italic"} | place] if italic else [],
            keyboard=[[button]] if turn else [],
            reply_to=reply_to,
        )
        self.tg.keep(self.bot, message)
        self.tg.calls.append(_call(message.id))

    async def read(self) -> list[tuple[str, str]]:
        """What was read: whose answers, and how they stand."""
        await self.chatter.stop()
        return [(post.reply_to, post.text) for post in self.platform.posts.values()]


def _call(message: int) -> Call:
    return Call(method="sendMessage", args={}, token="", at=1.0, via="r0.1", message=message)


@pytest.fixture
def scene(http: aiohttp.ClientSession) -> Scene:
    return Scene(http, "clickai")


async def test_an_answer_says_whose_it_is_and_its_buttons_which_turn(scene: Scene) -> None:
    scene.says("[c0001m0-aaaaaa] words", turn="7", italic=NOTICE)
    assert await scene.read() == [(FIRST.token, f"[c0001m0-aaaaaa] words{MARK}{NOTICE}")]
    assert scene.chatter.acks[FIRST.token].turns == {"7"}


async def test_a_mere_notice_is_for_whoever_has_no_answer(scene: Scene) -> None:
    scene.says("", turn="8", italic=NOTICE)
    scene.says("[c0001m0-aaaaaa] words", turn="7")
    scene.says("", turn="9", italic=NOTICE)
    told = await scene.read()
    assert [token for token, _ in told][:2] == [SECOND.token, FIRST.token]
    assert told[2][0].startswith("nobody's")


async def test_a_mere_notice_in_a_group_is_for_what_it_replies_to(
    http: aiohttp.ClientSession,
) -> None:
    scene = Scene(http, "ciniterflow")
    asked = scene.chatter._updates[SECOND.token]["message"]["message_id"]
    scene.says("", turn="8", italic=NOTICE, reply_to=asked)
    assert await scene.read() == [(SECOND.token, f"{MARK}{NOTICE}")]
