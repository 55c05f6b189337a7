"""The verdict itself: it sees what must not be, and nothing where all is well."""

import random
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace

from torture.bots import Asked, Bots, said
from torture.checks import Verdict, judge
from torture.people import Ack, Pager
from torture.plan import DOORS, Manner, Question, Talk
from torture.platform import Platform, Post
from torture.replicas import Period, Store
from torture.run import Evidence

FIRST = Question("c0001m0-aaaaaa", 0.0, Manner.WHOLE, "c0001m0-aaaaaa whole 3 0")
SECOND = Question("c0001m1-bbbbbb", 0.0, Manner.WHOLE, "c0001m1-bbbbbb whole 3 0")
BLIND = next(door for door in DOORS if door.pager and not door.can_look_up)
EXACT = next(door for door in DOORS if door.can_look_up)


class Scene:
    """Two messages of one conversation, and what the platform has of their answers."""

    def __init__(self, http: aiohttp.ClientSession, folder: Path) -> None:
        self.platform = Platform(random.Random(1))
        self.bots = Bots()
        self.door = BLIND
        self.store = Store(folder)
        self.acks = {FIRST.token: Ack(1.0, 1.1, {"1"}), SECOND.token: Ack(2.0, 2.1, {"2"})}
        self._http = http

    def post(self, question: Question, at: float, **changes: object) -> None:
        """Something that the platform was sent."""
        turn = min(self.acks[question.token].turns)
        post = Post(
            at=at,
            place="c0001",
            ref=f"{turn}.0",
            reply_to=question.token,
            replica="r0.1",
            cut=False,
            text=said(question.text),
        )
        self.platform.posts[str(len(self.platform.posts))] = replace(post, **changes)

    def verdict(self) -> Verdict:
        """What the checks say."""
        talk = Talk("c0001", self.door, (FIRST, SECOND))
        person = Pager(talk, self._http, str, random.Random(1))
        person.acks = self.acks
        return judge(
            Evidence(
                people=(person,),
                bots=self.bots,
                platform=self.platform,
                store=self.store,
                replicas=(),
                interrupted=(),
                left=(),
                unsettled=False,
                exit_codes=(0,),
                unknown_sends=0,
            )
        )

    def kinds(self) -> list[str]:
        """Of the violations."""
        return [violation.kind for violation in self.verdict().violations]


@pytest.fixture
def scene(http: aiohttp.ClientSession, folder: Path) -> Scene:
    return Scene(http, folder)


async def test_all_is_well(scene: Scene) -> None:
    scene.post(FIRST, 3.0)
    scene.post(SECOND, 4.0)
    verdict = scene.verdict()
    assert not verdict.violations
    assert verdict.counts["answered whole"] == 2


async def test_a_lost_message(scene: Scene) -> None:
    scene.post(FIRST, 3.0)
    assert scene.kinds() == ["lost"]


async def test_a_message_that_nobody_took(scene: Scene) -> None:
    scene.post(FIRST, 3.0)
    scene.acks[SECOND.token] = Ack(2.0)
    assert scene.kinds() == ["never taken"]


async def test_a_message_that_became_two(scene: Scene) -> None:
    scene.post(FIRST, 3.0)
    scene.post(SECOND, 4.0)
    scene.acks[SECOND.token].turns.add("3")
    assert scene.kinds() == ["one message, many turns"]


async def test_answers_out_of_order(scene: Scene) -> None:
    scene.post(SECOND, 3.0)
    scene.post(FIRST, 4.0)
    assert scene.kinds() == ["out of order"]


async def test_messages_taken_out_of_order(scene: Scene) -> None:
    scene.acks[FIRST.token].turns, scene.acks[SECOND.token].turns = {"2"}, {"1"}
    scene.post(SECOND, 3.0)
    scene.post(FIRST, 4.0)
    assert scene.kinds() == ["taken out of order"]


async def test_an_answer_in_the_wrong_conversation(scene: Scene) -> None:
    scene.post(FIRST, 3.0)
    scene.post(SECOND, 4.0)
    scene.post(FIRST, 5.0, reply_to="c0002m0-cccccc")
    assert scene.kinds() == ["wrong conversation"]


async def test_half_an_answer(scene: Scene) -> None:
    scene.post(FIRST, 3.0)
    scene.post(SECOND, 4.0, text=said(SECOND.text)[:-3])
    assert scene.kinds() == ["not whole"]


async def test_an_invented_failure(scene: Scene) -> None:
    scene.post(FIRST, 3.0)
    scene.post(SECOND, 4.0, text="\n※ Nobody says this.")
    assert scene.kinds() == ["not what the bot said"]


async def test_a_repeat_without_a_reason(scene: Scene) -> None:
    scene.post(FIRST, 3.0)
    scene.post(FIRST, 3.5)
    scene.post(SECOND, 4.0)
    assert scene.kinds() == ["said twice"]


async def test_a_repeat_after_a_send_of_unknown_outcome(scene: Scene) -> None:
    scene.post(FIRST, 3.0, cut=True)
    scene.post(FIRST, 3.5)
    scene.post(SECOND, 4.0)
    verdict = scene.verdict()
    assert not verdict.violations
    assert verdict.counts["repeated after an unknown send"] == 1


async def test_a_repeat_while_the_store_was_away(scene: Scene) -> None:
    scene.post(FIRST, 3.0)
    scene.post(FIRST, 30.0)
    scene.post(SECOND, 40.0)
    scene.store.outages.append(Period(4.0, 5.0))
    assert not scene.kinds()


async def test_a_repeat_where_the_platform_could_be_asked(scene: Scene) -> None:
    scene.door = EXACT
    scene.post(FIRST, 3.0, cut=True)
    scene.post(FIRST, 3.5)
    scene.post(SECOND, 4.0)
    assert scene.kinds() == ["said twice though it could look"]


async def test_conversations_that_the_bot_mixed(scene: Scene) -> None:
    scene.post(FIRST, 3.0)
    scene.post(SECOND, 4.0)
    scene.bots.asked.append(Asked(1.0, SECOND.token, "r0.1", ("c0002m0-cccccc",)))
    assert scene.kinds() == ["mixed conversations"]
