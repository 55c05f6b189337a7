"""What the sandbox's bot says."""

import pytest

from gateway.sandbox import readme as readme_module
from gateway.sandbox import texts
from gateway.sandbox.answers import Answer, Answers, Ending
from gateway.sandbox.bodies import words


@pytest.fixture
def answers(readme):
    return Answers(readme)


def test_it_remembers_a_name(answers):
    assert "Sarah" in answers.answer("My name is Sarah", []).text
    earlier = ["hello", "My name is Zed.", "my name is Mary Ann and I am late", "thanks"]
    assert answers.answer("What is my name?", earlier).text == "Your name is Mary Ann."
    assert answers.answer("what's my name", []).text == texts.NAMELESS


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("How do I connect Slack?", "Connect Slack"),
        ("telegram botfather", "Connect Telegram"),
        ("Which tokens do I copy?", "Connect Slack"),
        ("who carries messages", "Chat Gateway"),
    ],
)
def test_it_knows_the_readme(answers, query, title):
    assert answers.answer(query, []).text.startswith(f"**{title}**\n\n")


def test_code_blocks_stay_whole(answers):
    assert "```sh\n# not a heading\nchat-gateway run\n```" in answers.answer("slack", []).text


@pytest.mark.parametrize("query", ["quantum physics", "the and of", "?"])
def test_it_is_of_help_when_it_knows_nothing(answers, query):
    assert answers.answer(query, []).text == texts.UNKNOWN
    assert Answers("").answer("how do I connect slack", []) == Answer(texts.UNKNOWN, looked_up=True)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("fail", Answer("", Ending.FAILURE)),
        ("Fail midway!", Answer(texts.HALF, Ending.FAILURE)),
        ("please cut", Answer(texts.HALF, Ending.CUT)),
        ("hang", Answer("", Ending.SILENCE)),
        ("busy", Answer("", Ending.BUSY)),
        ("say nothing", Answer("")),
        ("Show me a table, please", Answer(texts.TABLE)),
        ("answer in markdown", Answer(texts.MARKDOWN)),
        ("Show me some code", Answer(texts.CODE)),
        ("What can you do?", Answer(texts.HELP)),
        ("count to 3", Answer("1 2 3")),
        ("Count slowly to 20", Answer(" ".join(map(str, range(1, 21))), pace=0.25)),
        ("Fail midway, slowly", Answer(texts.HALF, Ending.FAILURE, 0.25)),
    ],
)
def test_it_behaves_as_it_is_asked_to(answers, query, answer):
    assert answers.answer(query, []) == answer


def test_a_question_about_failures_is_not_an_order_to_fail(answers):
    assert answers.answer("What happens when messages fail midway?", []).ending is Ending.WHOLE


def test_the_long_answer_is_long(answers):
    assert 2_500 < len(answers.answer("a long answer", []).text.split()) < 3_500


def test_counting_has_a_limit(answers):
    assert answers.answer("count to 999999", []).text.split()[-1] == "1500"


@pytest.mark.parametrize("text", [texts.MARKDOWN, texts.CODE, texts.long(), " a  b\n", ""])
def test_the_words_are_the_text(text):
    assert "".join(words(text)) == text


def test_every_order_in_the_help_is_known(answers):
    ordered = [line.split("**")[1::2] for line in texts.HELP.splitlines() if line[:2] == "- "]
    known = [order for orders in ordered for order in orders]
    assert len(known) == 14
    for order in known:
        assert answers.answer(order, []).text != texts.UNKNOWN


def test_the_projects_own_readme_is_found():
    root = readme_module.Path(readme_module.__file__).parents[2]
    assert readme_module.find() == (root / "README.md").read_text(encoding="utf-8")
