"""The sentences of the gateway: complete in every language, and found by every tag."""

import re

import pytest

from gateway.model import Failure
from gateway.texts import Texts

TEXTS = Texts()
ENGLISH = TEXTS.catalogues["en"]
LANGUAGES = sorted(TEXTS.catalogues)


def placeholders(sentence: str) -> set[str]:
    return set(re.findall(r"{(.*?)}", sentence))


def test_there_is_english_and_vietnamese() -> None:
    assert {"en", "vi"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_sentence_and_no_other(language: str) -> None:
    assert set(TEXTS.catalogues[language]) == set(ENGLISH)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_takes_the_same_values(language: str) -> None:
    catalogue = TEXTS.catalogues[language]
    assert {k: placeholders(v) for k, v in catalogue.items()} == {
        k: placeholders(v) for k, v in ENGLISH.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_names_every_command(language: str) -> None:
    assert re.findall(r"^/\w+", TEXTS.get(language, "help"), re.MULTILINE) == [
        "/new",
        "/stop",
        "/help",
    ]


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_can_be_told(failure: Failure) -> None:
    assert TEXTS.get("vi", f"failed.{failure}") != TEXTS.get("en", f"failed.{failure}")


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("vi", "vi"),
        ("vi-VN", "vi"),
        ("VI_vn", "vi"),
        ("vi_VN.UTF-8", "vi"),
        ("vi-Latn-VN-x-private", "vi"),
        ("en_US", "en"),
        ("de-AT", "en"),
        ("", "en"),
        ("vietnamese", "en"),
        ("x" * 100_000, "en"),
        ("-../..", "en"),
    ],
)
def test_the_nearest_language_answers(locale: str, language: str) -> None:
    assert TEXTS.get(locale, "stopped") == TEXTS.catalogues[language]["stopped"]


def test_the_longest_known_tag_wins() -> None:
    texts = Texts()
    texts.catalogues = {
        "en": {"stopped": "Stopped."},
        "zh": {"stopped": "停止"},
        "zh-hant": {"stopped": "停止了"},
    }
    assert texts.get("zh-Hant-TW", "stopped") == "停止了"
    assert texts.get("zh-Hans", "stopped") == "停止"


def test_a_sentence_a_language_lacks_comes_from_the_next_nearest() -> None:
    texts = Texts()
    texts.catalogues = {"en": {"a": "A {n}", "b": "B"}, "vi": {"a": "Á {n}"}, "vi-vn": {}}
    assert texts.get("vi-VN", "a", n=1) == "Á 1"
    assert texts.get("vi-VN", "b") == "B"


def test_values_are_inserted_as_they_are() -> None:
    assert "(7 s)" in TEXTS.get("en", "slow_down", seconds=7)
    assert "(7 giây)" in TEXTS.get("vi", "slow_down", seconds=7)
    assert "{x}" in TEXTS.get("en", "text_too_long", limit="{x}")


def test_a_sentence_nobody_has_is_a_defect() -> None:
    with pytest.raises(KeyError, match="no_such_sentence"):
        TEXTS.get("en", "no_such_sentence")
