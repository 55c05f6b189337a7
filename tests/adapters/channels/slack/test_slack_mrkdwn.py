"""Slack's text as a person reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.slack.mrkdwn import (
    escaped,
    first_mention,
    mentions,
    plain,
    without_leading_mention,
)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("hello *bold* _it_ `code` :smile:", "hello *bold* _it_ `code` :smile:"),
        ("1 &lt; 2 &gt; 0 &amp; so on", "1 < 2 > 0 & so on"),
        ("&amp;lt; is an entity", "&lt; is an entity"),
        ("ask <@U2>", "ask @U2"),
        ("ask <@U2|linh>", "ask @linh"),
        ("in <#C2|general>", "in #general"),
        ("in <#C2>", "in #C2"),
        ("see <https://example.com/a>", "see https://example.com/a"),
        ("see <https://example.com/?a=1&amp;b=2>", "see https://example.com/?a=1&b=2"),
        ("see <https://example.com/a|the page>", "see the page (https://example.com/a)"),
        ("see <https://example.com|https://example.com>", "see https://example.com"),
        ("see <http://example.com|example.com>", "see http://example.com"),
        ("<mailto:a@example.com|a@example.com>", "a@example.com"),
        ("<tel:+1234|+1234>", "+1234"),
        ("<!here> and <!channel>", "@here and @channel"),
        ("<!subteam^S1|@devs> <!subteam^S1>", "@devs @S1"),
        ("on <!date^1700000000^{date}|14 Nov>", "on 14 Nov"),
        ("on <!date^1700000000^{date}>", "on 1700000000"),
        ("a < b", "a < b"),
        ("<>", "<>"),
        ("", ""),
    ],
)
def test_text_is_read(text: str, read: str) -> None:

    assert plain(text) == read


def test_names_are_used_where_they_are_known() -> None:
    names = {"U2": "linh", "C2": "general", "S1": "devs"}
    assert plain("<@U2> <#C2> <!subteam^S1>", names) == "@linh #general @devs"


@given(st.text())
def test_what_was_escaped_is_read_as_it_was(text: str) -> None:
    assert plain(escaped(text)) == text


@given(st.text(alphabet="<>@#!|^&;ampltgU1C: /\n", max_size=60))
def test_odd_text_is_read_without_fail(text: str) -> None:
    assert isinstance(plain(text), str)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<@UBOT> hi", "hi"),
        ("  <@UBOT>: hi", "hi"),
        ("<@UBOT|bot>, hi", "hi"),
        ("<@UBOT>", ""),
        ("<@U2> hi", "<@U2> hi"),
        ("<@UBOT> <@UBOT> hi", "<@UBOT> hi"),
        ("ask <@UBOT>", "ask <@UBOT>"),
    ],
)
def test_only_the_bot_s_own_leading_mention_goes(text: str, left: str) -> None:
    assert without_leading_mention(text, "UBOT") == left


def test_mentions_are_found() -> None:
    assert first_mention("well <@U2> and <@UBOT>") == "U2"
    assert first_mention("well") == ""
    assert mentions("well <@U2> and <@UBOT|b>", "UBOT")
    assert not mentions("well <@UBOTS>", "UBOT")
