"""The stand-in Telegram is as strict as Telegram: aiogram's models of the Bot API know the same
arguments and take its updates and answers, and Telegram's own parser judges its texts."""

import json
import random
from typing import Any

import aiogram.methods
import pytest
from aiogram.types import InputFile, Update
from support.telegram import Bot, File, Message, Telegram, parser
from support.telegram.methods import METHODS, Method
from support.telegram.model import Refusal

OLD = {
    "allow_sending_without_reply", "disable_web_page_preview", "reply_to_message_id",
}  # fmt: skip
"""Arguments that Telegram has renamed; whoever still sends them is told."""
JSON = {int: "int", str: "str", bool: "bool", dict: "dict", list: "list", File: "InputFile"}
TEXTS = ("hello", "😀 smile", "naïve", "a b", "👩‍👩‍👧 family", "Привет", "line\nnext", "x")
KINDS = ("bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote")


def _name(known: Method) -> str:
    return known.name[0].upper() + known.name[1:]


@pytest.mark.parametrize("known", METHODS.values(), ids=lambda known: known.name)
def test_knows_the_arguments_of_every_method(known: Method) -> None:
    fields = getattr(aiogram.methods, _name(known)).model_fields
    assert set(known.types) == set(fields) - OLD
    needed = {name for name, field in fields.items() if field.is_required()}
    assert set(known.required) == needed


@pytest.mark.parametrize("known", METHODS.values(), ids=lambda known: known.name)
def test_knows_the_types_of_every_argument(known: Method) -> None:
    model = getattr(aiogram.methods, _name(known))
    for name, kind in known.types.items():
        said = str(model.model_fields[name].annotation)
        if kind in (int, str, bool):
            assert JSON[kind] in said, name
        elif kind is File:
            assert InputFile.__name__ in said, name
        else:
            assert ("list[" in said) == (kind is list), name


def _everything(tg: Telegram) -> list[dict[str, Any]]:
    """One of each that people do."""
    bot = tg.bot
    answer = Message(id=tg.new_id(), chat=42, user=bot.id, mine=True, text="an answer")
    tg.keep(bot, answer)
    in_group = Message(id=tg.new_id(), chat=-1_000_000_000_001, user=bot.id, mine=True, text="a")
    tg.keep(bot, in_group)
    asked = tg.private("/start shop")
    return [
        asked, tg.private("hello"), tg.group("hello"), tg.mention("hello", thread=3),
        tg.reply("why?", in_group), tg.topic("hello", 7), tg.anonymous("hello"),
        tg.photo(b"\x89PNG", "what is it?"), tg.voice(), tg.document(b"text"),
        tg.sent(tg.upload(b"ID3", kind="audio", name="a.mp3")),
        tg.sent(tg.upload(b"....", kind="video", name="a.mp4")),
        tg.sent(tg.upload(b"GIF8", kind="animation", name="a.gif")),
        *tg.album([b"\x89PNG", b"\x89PNG"], "two"), tg.edited(asked, "hello?"),
        tg.callback(answer, "like:1"), tg.reaction(answer), tg.reaction(answer, "", before="👍"),
        tg.member(42, "kicked"), tg.member(42, "member"), tg.member(-5, "left"),
        *tg.migration(), tg.private("", rich_message={"blocks": []}),
    ]  # fmt: skip


def _odd(value: Any, path: str = "update") -> list[str]:
    """Fields that the models do not have."""
    found = list[str]()
    extra = getattr(value, "model_extra", None) or {}
    found += [f"{path}.{name}" for name in extra]
    for name in getattr(type(value), "model_fields", {}):
        each = getattr(value, name)
        for one in each if isinstance(each, list) else [each]:
            found += _odd(one, f"{path}.{name}")
    return found


def test_makes_updates_that_are_updates() -> None:
    tg = Telegram()
    updates = _everything(tg)
    for update in updates:
        read = Update.model_validate(json.loads(json.dumps(update)))
        assert _odd(read) == [], update
    numbers = [update["update_id"] for update in updates]
    assert numbers == sorted(set(numbers))


def test_makes_a_stop_that_is_an_update() -> None:
    tg = Telegram()
    METHODS["sendmessagedraft"].handler(
        tg, tg.bot, {"chat_id": 42, "draft_id": 7, "text": "a", "can_stop": True}
    )
    read = Update.model_validate(tg.stop(42))
    assert read.stopped_message_generation
    assert read.stopped_message_generation.draft_id == 7
    assert _odd(read) == []


def _is_taken(text: str, entities: parser.Entities) -> bool:
    try:
        parser.judge(text, entities)
    except Refusal:
        return False
    return True


def _expected(text: str, entities: parser.Entities) -> bool:
    """What the documentation says of entities: offsets and lengths count UTF-16 units, and begin
    and end between characters of the text."""
    ends = {0}
    for character in text:
        ends.add(max(ends) + len(character.encode("utf-16-le")) // 2)
    return all(
        entity["offset"] in ends and entity["offset"] + entity["length"] in ends
        for entity in entities
    )


@pytest.mark.parametrize("seed", range(4))
def test_judges_entities_as_documented(seed: int) -> None:
    dice = random.Random(seed)
    judged = {True: 0, False: 0}
    for _ in range(150):
        text = " ".join(dice.choices(TEXTS, k=dice.randint(1, 4)))
        units = len(text.encode("utf-16-le")) // 2
        offset = dice.randrange(units)
        length = dice.randint(1, units - offset + dice.choice((0, 0, 2)))
        entities = [{"type": dice.choice(KINDS), "offset": offset, "length": length}]
        expected = _expected(text, entities)
        assert _is_taken(text, entities) == expected, (text, entities)
        judged[expected] += 1
    assert min(judged.values()) > 10


@pytest.mark.parametrize("seed", range(4))
def test_sees_what_telegrams_parser_sees(seed: int) -> None:
    tags = {"bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "code": "code"}
    dice = random.Random(seed)
    for _ in range(100):
        text, html, entities = "", "", []
        for word in dice.choices(TEXTS, k=5):
            kind = dice.choice([*tags, ""])
            if kind:
                offset = len(text.encode("utf-16-le")) // 2
                units = len(word.encode("utf-16-le")) // 2
                entities.append({"type": kind, "offset": offset, "length": units})
            text += word + "|"
            html += f"<{tags[kind]}>{word}</{tags[kind]}>|" if kind else f"{word}|"
        assert parser.parsed(html, "HTML") == (text, entities)
        assert _is_taken(text, entities)
        assert parser.unwise(text, entities) == ""
        assert parser.trimmed(text, entities) == (text, entities)


@pytest.mark.parametrize(
    ("entities", "complaint"),
    [
        ([("bold", 0, 3), ("italic", 2, 3)], "overlap"),
        ([("code", 0, 5), ("bold", 1, 2)], "in code"),
        ([("bold", 2, 0)], "no length"),
        ([("code", n, 1) for n in range(101)], "more than 100"),
        ([("bold", n, 1) for n in range(101)], ""),
        ([("bold", 0, 5), ("italic", 1, 2)], ""),
    ],
)
def test_complains_of_what_telegram_repairs(
    entities: list[tuple[str, int, int]], complaint: str
) -> None:
    sent = [dict(zip(("type", "offset", "length"), each, strict=True)) for each in entities]
    found = parser.unwise("x" * 200, sent)
    assert (complaint in found) if complaint else found == ""


def test_shows_a_text_without_white_space_around_it() -> None:
    sent = [{"type": "bold", "offset": 0, "length": 4}, {"type": "code", "offset": 6, "length": 4}]
    text, entities = parser.trimmed("\n 😀a bcd \n", sent)
    assert text == "😀a bcd"
    assert entities == [
        {"type": "bold", "offset": 0, "length": 2}, {"type": "code", "offset": 4, "length": 3},
    ]  # fmt: skip


def test_bots_share_nothing() -> None:
    assert Bot().messages is not Bot().messages
