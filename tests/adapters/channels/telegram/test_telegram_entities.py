"""Markdown becomes a text and entities that Telegram takes, and nothing of it is lost.

The judge is Telegram's own library. It repairs and checks a text with entities as it does before a
message is sent, and refuses what a server refuses: an offset within a sign, an end behind the text,
an address that is none. That every entity is where it should be is shown by the way back: the same
message, written as HTML from the offsets, is parsed by that library to the same text and entities.
"""

from html import escape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.documents import WORDS
from support.telegram.parser import judge, parsed, unwise
from telegram import MessageEntity

from adapters.channels.telegram import entities as module
from adapters.channels.telegram.entities import COUNTED_MOST, Rendered, counted, rendered
from adapters.channels.telegram.utf16 import MESSAGE_MOST, Units, length

TAGS = {
    "bold": "b", "italic": "i", "strikethrough": "s", "code": "code", "pre": "pre",
    "blockquote": "blockquote", "text_link": "a",
}  # fmt: skip


def as_html(message: Rendered) -> str:
    units, at, html, ends = Units(message.text), 0, "", list[tuple[int, str]]()
    for entity in message.entities:
        while ends and ends[-1][0] <= entity.offset:
            end, tag = ends.pop()
            html, at = html + escape(units.cut(at, end)) + f"</{tag}>", end
        tag = TAGS[entity.type]
        html, at = html + escape(units.cut(at, entity.offset)), entity.offset
        html += f'<a href="{escape(entity.url)}">' if entity.url else f"<{tag}>"
        ends.append((entity.offset + entity.length, tag))
    for end, tag in reversed(ends):
        html, at = html + escape(units.cut(at, end)) + f"</{tag}>", end
    return html + escape(units.cut(at, len(units)))


def check(message: Rendered) -> None:
    """Telegram takes the message as it is, and knows each entity to be where it is."""
    sent = [entity.to_dict() for entity in message.entities]
    judge(message.text, sent)
    assert not unwise(message.text, sent)
    assert counted(message.entities) <= COUNTED_MOST
    text, found = parsed(as_html(message), "html")
    assert text == message.text
    places = {(entity["type"], entity["offset"], entity["length"]) for entity in found}
    assert places == {(entity.type, entity.offset, entity.length) for entity in message.entities}


def shown(markdown: str) -> list[tuple[str, str]]:
    """The kinds of the entities and what they are of."""
    message = rendered(markdown)
    check(message)
    units = Units(message.text)
    return [(e.type, units.cut(e.offset, e.offset + e.length)) for e in message.entities]


PARTS = st.sampled_from(
    (*WORDS, "\n", "\n\n", "- ", "> ", "# ", "|", "\n|-|-|\n", "```", "    ", "  \n")
)


@given(st.lists(PARTS, max_size=60).map(" ".join))
@settings(max_examples=150)
@example("[`x`](https://example.com)")
@example("> > a\n\n> | a |\n> |-|\n> | [b](https://c.example) |\nafter")
def test_whatever_is_written_telegram_takes(markdown: str) -> None:
    check(rendered(markdown))


@given(st.text(max_size=200))
@settings(max_examples=100)
@example("\x00\x07\ud83d a\u202eb\u2028c")
@example("A\u030a `A\u030a`")
def test_whatever_is_in_a_text_telegram_takes(markdown: str) -> None:
    check(rendered(markdown))


def test_headings_are_bold_and_nothing_is_decorated() -> None:
    assert rendered("# One\n## Two\n- item\n").text == "One\nTwo\n• item"
    for level in range(1, 7):
        assert shown(f"{'#' * level} One\ntext") == [("bold", "One")]


def test_offsets_are_in_utf16_units() -> None:
    assert rendered("👩‍💻 **b**").entities == (MessageEntity("bold", 6, 1),)


def test_code_says_its_language() -> None:
    (entity,) = rendered('```python title="x"\npass\n```').entities
    assert (entity.type, entity.language) == ("pre", "python")


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("a<br>b", "a\nb"),
        ("x <b>y</b> Vec<T>", "x <b>y</b> Vec<T>"),
        ("<div>\n**a**\n</div>", "<div>\na\n</div>"),
        ("<!-- a -->", "<!-- a -->"),
        ("<ul>\n" + "<li>a\n" * 40 + "</ul>", "<ul>\n" + "<li>a\n" * 40 + "</ul>"),
        ("if (a || b) || c", "if (a || b) || c"),
        ("$5 or $10, $a_1*b_2*c$", "$5 or $10, $a_1*b_2*c$"),
        ("$$\n\\frac{a}{b}\n$$", "$$\n\\frac{a}{b}\n$$"),
        ("[a][1]\n\n[1]: https://b.example", "[a][1]\n\n[1]: https://b.example"),
        ("[a](docs/b.md) [c](#d)", "a (docs/b.md) c"),
        ("[a](http://localhost:80/b)", "a (http://localhost:80/b)"),
        ("[you](tg://user?id=7) [x](tg:user?id=7)", "you x"),
        ("[mail](mailto:a@b.example) <a@b.example>", "mail (a@b.example) a@b.example"),
        ("![](https://a.example/i.png)", "https://a.example/i.png"),
        ("[a](javascript:b)", "a (javascript:b)"),
        ("[a](https://b.example:99999/)", "a (https://b.example:99999/)"),
        ("`<br> || $a$ [1]: x`", "<br> || $a$ [1]: x"),
        ("```\n<br> || $a$\n[1]: x\n```", "<br> || $a$\n[1]: x"),
        ("A\u030angstro\u0308m", "\u00c5ngstro\u0308m"),
        ("a\x00b\ud800\u202e", "ab\ufffd"),
    ],
)
def test_nothing_is_lost_or_means_something_else(markdown: str, text: str) -> None:
    message = rendered(markdown)
    check(message)
    assert message.text == text
    assert not [entity for entity in message.entities if entity.type in ("text_link", "spoiler")]


HOSTILE = (
    "|", "<", "$", "[a](", "> ", "- ", "**", "<a ", "||a", "`", "[", "~", "![", "_a", "$$a", "\\",
    "<b>\n\n", "\n|", "\n|-", "[a]:b\n",
)  # fmt: skip


@pytest.mark.parametrize("sign", HOSTILE)
def test_a_message_full_of_one_sign_is_taken(sign: str) -> None:
    check(rendered(sign * (4000 // len(sign))))


def test_code_within_html_is_code() -> None:
    assert shown("<div>\n```\n<b>\n```\n</div>") == [("pre", "<b>")]


def test_a_link_around_code_keeps_its_address() -> None:
    assert shown("[`run()`](https://a.example)") == [("text_link", "run()")]


@pytest.mark.parametrize(
    "url", ["https://a.example/b_(c)", "http://1.2.3.4:80/x?y#z", "tg://resolve?domain=x"]
)
def test_addresses_that_telegram_takes_are_links(url: str) -> None:
    (entity,) = rendered(f"[a]({url})").entities
    assert entity.url == url
    check(rendered(f"[a]({url})"))


def test_a_narrow_table_is_aligned_however_wide_its_signs_are() -> None:
    table = "| a | number |\n|---|--:|\n| 日本 | 5 |\n| `x` **y** | 12345 |\n"
    text = "a    | number\n-----+-------\n日本 |      5\nx y  |  12345"
    assert shown(table) == [("pre", text)]


def test_a_wide_table_is_told_row_by_row() -> None:
    table = "| Name | What it is |\n|---|---|\n| one | " + "long " * 12 + "|\n| two | short |\n"
    assert (
        rendered(table).text
        == f"Name: one\nWhat it is: {'long ' * 11}long\n\nName: two\nWhat it is: short"
    )


def test_links_in_a_table_stay_links() -> None:
    table = "| a | b |\n|---|---|\n| x | [y](https://z.example) |\n\nend"
    assert rendered(table).text == "a: x\nb: y\n\nend"
    assert shown(table) == [("text_link", "y")]


def test_a_table_in_a_quote_stays_in_it() -> None:
    assert shown("> | a |\n> |---|\n> | b |\n\nafter")[0][0] == "blockquote"
    assert rendered("> | a |\n> |---|\n> | b |\n\nafter").text == "a\n-\nb\n\nafter"


def test_code_is_left_out_before_links() -> None:
    kinds = [kind for kind, _ in shown("`c` " * 90 + "[l](https://a.example) " * 60)]
    assert (kinds.count("code"), kinds.count("text_link")) == (40, 60)


def test_more_links_than_there_may_be_are_written_out() -> None:
    message = rendered("[l](https://a.example) " * 150)
    check(message)
    assert message.text.count("l (https://a.example)") == 150


def test_what_would_be_too_long_as_a_table_is_shown_as_it_is_written() -> None:
    table = f"| {'n' * 40} | b |\n|---|---|\n" + "| x | y |\n" * 300
    assert length(table) <= MESSAGE_MOST
    message = rendered(table)
    check(message)
    assert length(message.text) <= MESSAGE_MOST
    assert message.text.count("| x | y |") == 300


def test_a_failure_shows_the_markdown(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(module, "convert", fail)
    assert rendered("**a**\x00") == Rendered("**a**")


def test_the_way_back_finds_an_entity_that_is_elsewhere() -> None:
    # The judge itself: without this, it could say yes to everything.
    moved = Rendered("👩‍💻 b", (MessageEntity("bold", 1, 3),))
    with pytest.raises(Exception, match="UTF-16"):
        check(moved)
    with pytest.raises(Exception, match="URL"):
        check(Rendered("a", (MessageEntity("text_link", 0, 1, url="http://localhost/"),)))
