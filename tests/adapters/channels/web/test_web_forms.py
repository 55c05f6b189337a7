"""The form before the first message, and the forms of bots."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from redis.asyncio import Redis
from support.servers import loaded, running, web_config
from support.widget import Widget

from adapters.channels.web.forms import answers, fits
from adapters.channels.web.outbound import Rendering
from gateway.model import Attachment, Choice, Choices, Field, FieldKind
from gateway.ports import Refusal
from gateway.store import keys
from gateway.texts import Texts

FORM = {
    "title": "Before we begin",
    "fields": [
        {"name": "email", "label": "E-mail", "kind": "email", "required": True},
        {"name": "plan", "label": "Plan", "kind": "select", "options": ["free", "pro"]},
        {"name": "news", "label": "Newsletter", "kind": "checkbox"},
    ],
}


def say(key: str, **values: Any) -> str:
    return Texts().get("en", key, **values)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (FieldKind.EMAIL, "a@x.example", "a@x"),
        (FieldKind.NUMBER, "-1,5", "seven"),
        (FieldKind.TEL, "+84 (28) 123-456", "call me"),
        (FieldKind.URL, "https://x.example/a?b", "javascript:alert(1)"),
        (FieldKind.URL, "http://x", "https://"),
        (FieldKind.URL, "https://x/y", "https://[x"),
        (FieldKind.SELECT, "pro", "gold"),
        (FieldKind.TEXT, "one line", "two\nlines"),
    ],
)
def test_what_fits(kind: FieldKind, good: str, bad: str) -> None:
    field = Field("x", "X", kind, options=("free", "pro"))
    assert fits(field, good)
    assert not fits(field, bad)
    assert fits(Field("x", "X", FieldKind.PARAGRAPH), bad)


def test_answers_by_field() -> None:
    fields = (
        Field("a", "A"),
        Field("b", "B", FieldKind.CHECKBOX),
        Field("c", "C", FieldKind.CHECKBOX, required=True),
    )
    assert answers(fields, {"a": "  ", "c": "yes"}, say) == {"b": "no", "c": "yes"}


@pytest.mark.parametrize(
    ("field", "inputs", "name", "message"),
    [
        (Field("a", "Aa", required=True), {}, "a", "Please fill in: Aa"),
        (Field("a", "Aa", FieldKind.CHECKBOX, required=True), {"a": "no"}, "a", "fill in"),
        (Field("a", "Aa", max=3), {"a": "four"}, "a", "3 characters"),
        (Field("a", "Aa"), {"a": "x" * 2001}, "a", "2000 characters"),
        (Field("a", "Aa", FieldKind.NUMBER), {"a": "x"}, "a", "does not fit"),
        (Field("a", "Aa"), {"other": "x"}, "", "no field"),
    ],
)
def test_an_answer_that_does_not_fit_is_explained(
    field: Field, inputs: dict[str, str], name: str, message: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        answers((field,), inputs, say)
    assert refusal.value.code == "bad_inputs"
    assert refusal.value.details.get("field", "") == name
    assert message in refusal.value.message


async def test_a_form_is_answered_once_in_each_conversation(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url)
    config["channels"]["site"]["form"] = FORM
    async with running(loaded(folder, config)) as gateway:
        widget = Widget(http, gateway.url)
        session = await widget.open()
        assert session["form"]["title"] == "Before we begin"
        assert session["form"]["fields"][0] == {
            "name": "email",
            "label": "E-mail",
            "kind": "email",
            "required": True,
        }
        message = {"id": "12345678", "text": "hello"}
        status, answer = await widget.post("messages", **message)
        assert (status, answer["error"]) == (403, "form_required")
        status, answer = await widget.post("session", lang="vi", inputs={"email": "no"})
        assert (status, answer["error"], answer["field"]) == (400, "bad_inputs", "email")
        assert answer["message"] == Texts().get("vi", "web.form.unfit", label="E-mail")
        session = await widget.open(inputs={"email": "a@x.example", "plan": "pro"})
        assert "form" not in session
        again = await widget.open(inputs={"email": "other@x.example"})
        assert "form" not in again
        assert (await widget.post("messages", **message))[0] == 202
        assert "form" in await widget.open(conversation="another-one")


async def test_the_conversation_has_what_was_answered(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url)
    config["channels"]["site"]["form"] = FORM
    async with running(loaded(folder, config)) as gateway:
        widget = Widget(http, gateway.url)
        session = await widget.open(inputs={"email": "a@x.example"})
        widget.read()
        await widget.ask("hello")
        await widget.leave()
    async with Redis.from_url(redis_url) as client:
        kept = await client.hgetall(keys.lane(f"site:{session['visitor']}"))
    (conversation,) = [value for name, value in kept.items() if name.startswith(b"conversation:")]
    inputs = {"email": "a@x.example", "news": "no"}
    assert msgspec.json.decode(conversation)["inputs"] == inputs


class Log:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []

    def append(self, kind: str, data: object) -> None:
        self.events.append((kind, data))


def test_a_bot_s_form_as_the_widget_is_told() -> None:
    def path(_: Attachment) -> str:
        return ""

    fields = (
        Field("a", "Aa", FieldKind.SELECT, required=True, options=("x", "y")),
        Field("b", "Bb", value="held", max=9),
    )
    log = Log()
    Rendering("1", (), log, path).show(Choices("p", (Choice("v", "l"),), fields, expires=7.5))
    _, data = log.events[1]
    assert data["fields"] == [
        {"name": "a", "label": "Aa", "kind": "select", "required": True, "options": ("x", "y")},
        {
            "name": "b",
            "label": "Bb",
            "kind": "text",
            "required": False,
            "value": "held",
            "max": 9,
        },
    ]
    assert data["expires"] == 7.5
    assert json.dumps(data["fields"])
