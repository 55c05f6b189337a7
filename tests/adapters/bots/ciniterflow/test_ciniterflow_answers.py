"""What the recorded answers of a real server become."""

import pytest
from ciniterflow_events import ABOUT, END, HELLO, UNAVAILABLE, beside, sse, text_of

from adapters.bots.ciniterflow import session as sessions
from gateway.model import (
    Done,
    Failed,
    Failure,
    Reference,
    Source,
    Sources,
    Status,
    Suggestions,
    Thought,
    ToolUse,
    Usage,
)


@pytest.mark.parametrize("piece", [1, 7, 300, 1 << 20])
async def test_a_chat_answer(upstream, capture, bot, answer_of, piece):
    upstream.replies = [capture("09_", piece=piece)]
    began, *words, ended, done = await answer_of(bot)
    assert [word.text for word in words] == ["Your ", "name ", "is ", "Sarah."]
    assert done == Done()
    first, last = (sessions.decode(each.conversation) for each in (began, ended))
    assert (first.id, first.chat, first.running) == (began.task, began.task, True)
    assert (last.id, last.chat, last.running) == (began.task, began.task, False)
    assert ended.answer == "63cc88d7-a140-4177-8a91-003c4f4fd804"


@pytest.mark.parametrize(
    ("name", "text", "last"),
    [
        ("10_", "You said: hi (turn 1)", Done()),
        ("12_", "You said: hi (turn 1)", Done()),
        ("31_", "tok0 tok1 tok2 tok3 ", Done()),
        ("32_", "", Failed(Failure.EMPTY)),
        ("34_", "You said: Xin chào 👋 日本語 (turn 1)", Done()),
        ("35_", "tok0 tok1 tok2", Done()),
        ("36_", "The tool said: 4", Done()),
        ("38_", "You said: My name is Sarah (turn 1)", Done()),
        ("45_", "You said: Subject: Order Body: wrong item (turn 2)", Done()),
        ("49_", "You said: please approve (turn 1)\n\nProceed with this?", Done()),
        ("50_", "APPROVED and done.", Done()),
        ("67_", "You said: <image_url> (turn 2)", Done()),
        ("110_", " ".join(f"tok{n}" for n in range(60)), Done()),
        ("130_", "tok0 tok1 tok2", Done()),
        ("02_", "You said: My name is Sarah (turn 1)", Done()),
        ("11_", "You said: hi (turn 1)", Done()),
        ("37_", "The tool said: 4", Done()),
        ("39_", "Your name is Sarah.", Done()),
        ("44_", "You said: Subject: Order Body: I received the wrong item (turn 2)", Done()),
        ("51_", "You said: please approve (turn 1)\n\nProceed with this?", Done()),
        ("52_", "REJECTED.", Done()),
    ],
)
@pytest.mark.parametrize("piece", [13, 1 << 20])
async def test_recorded_answers(upstream, capture, bot, answer_of, name, text, last, piece):
    upstream.replies = [capture(name, piece=piece)]
    events = await answer_of(bot)
    assert text_of(events) == text
    assert events[-1] == last
    assert sum(isinstance(event, Done | Failed) for event in events) == 1
    assert isinstance(events[0], Reference)
    for secret in ("You are an agentflow bot", "mock-gpt", "CREDENTIAL", "2+2"):
        assert secret not in repr(events)


async def test_an_agentflow_says_what_it_is_doing_and_what_it_cost(
    upstream, capture, bot, answer_of
):
    upstream.replies = [capture("38_")]
    assert beside(await answer_of(bot)) == [Status("Start"), Status("LLM"), Usage(10, 8)]


async def test_what_several_nodes_cost_is_added_up(upstream, reply, bot, answer_of):
    cost = ("usageMetadata", {"input_tokens": 3, "output_tokens": 4})
    upstream.replies = [reply(sse(cost, HELLO, cost, END))]
    assert beside(await answer_of(bot)) == [Usage(6, 8)]


@pytest.mark.parametrize("name", ["36_", "37_"])
async def test_a_tool_is_shown_once(upstream, capture, bot, answer_of, name):
    upstream.replies = [capture(name)]
    shown = [ToolUse("calculator"), ToolUse("calculator", finished=True)]
    assert beside(await answer_of(bot)) == shown


async def test_agents_that_work_together(upstream, reply, bot, answer_of):
    first = {"agentName": "Planner", "messages": ["a plan"], "usedTools": [None, {"tool": "web"}]}
    second = {"agentName": "Writer", "usedTools": None}
    steps = [
        ("nextAgent", "Planner"),
        ("agentReasoning", [first]),
        ("calledTools", [{"name": "files", "args": {"path": "/secret"}}]),
        ("agentReasoning", [first, second, None]),
        ("nextAgent", "Writer"),
    ]
    upstream.replies = [reply(sse(*steps, HELLO, ABOUT, END))]
    assert beside(await answer_of(bot)) == [
        Status("Planner"),
        ToolUse("web"),
        ToolUse("web", finished=True),
        ToolUse("files"),
        Status("Writer"),
    ]


async def test_thoughts_are_shown_a_line_at_a_time(upstream, reply, bot, answer_of):
    pieces = ("First ", "this.\n", "Then", " that", "")
    thoughts = [("thinking", piece) for piece in pieces]
    upstream.replies = [reply(sse(*thoughts, ("thinking", "x" * 5000), HELLO, END))]
    *shown, long = beside(await answer_of(bot))
    assert shown == [Thought("First"), Thought("Then"), Thought("Then that")]
    assert long == Thought("x" * 300)


async def test_sources_add_up_and_are_named_once(upstream, reply, bot, answer_of):
    one = {"pageContent": "word " * 200, "metadata": {"title": "A", "source": "https://a.example"}}
    two = {"pageContent": "x", "metadata": {"source": "/srv/data/B.pdf", "loc": {"page": 1}}}
    three = {"pageContent": None, "metadata": {"source": "blob", "fileName": "C and/or D"}}
    found = [("sourceDocuments", [one, one, None]), ("sourceDocuments", [one, two, three])]
    upstream.replies = [reply(sse(HELLO, *found, ("sourceDocuments", [two]), END))]
    first, second = beside(await answer_of(bot))
    assert first == Sources(second.items[:1])
    assert second.items[1:] == (Source("B.pdf", "", "x"), Source("C and/or D"))
    assert (second.items[0].title, second.items[0].url) == ("A", "https://a.example")
    assert second.items[0].excerpt.startswith("word word")
    assert len(second.items[0].excerpt) <= 300


@pytest.mark.parametrize(
    "prompts", [["One?", " ", "Two?"], '["One?","Two?"]', {"questions": ["One?", "Two?"]}]
)
async def test_follow_up_questions(upstream, reply, bot, answer_of, prompts):
    about = ("metadata", {"chatMessageId": "m", "followUpPrompts": prompts})
    upstream.replies = [reply(sse(HELLO, about, END))]
    assert beside(await answer_of(bot)) == [Suggestions(("One?", "Two?"))]


@pytest.mark.parametrize("prompts", ["no json", 7, {"questions": 7}, None])
async def test_follow_up_questions_in_no_known_form(upstream, reply, bot, answer_of, prompts):
    about = ("metadata", {"chatMessageId": "m", "followUpPrompts": prompts})
    upstream.replies = [reply(sse(HELLO, about, END))]
    events = await answer_of(bot)
    assert (beside(events), events[-1]) == ([], Done())


async def test_the_shape_the_vendor_s_guide_shows(upstream, reply, bot, answer_of):
    body = (
        b"event: start\ndata: \n\n"
        b"event: token\ndata: Once upon\n\n"
        b"event: token\ndata:  a time,\ndata: 42\n\n"
        b"event: token\ndata: 7\n\n"
        b'event: usedTools\ndata: [{"tool":"web"}]\n\n'
        b"event: sourceDocuments\n"
        b'data: {"event":"sourceDocuments","data":[{"pageContent":"p"}]}\n\n'
        b'event: metadata\ndata: {"chatMessageId":"m1"}\n\n'
        b"event: end\ndata: [DONE]\n\n"
    )
    upstream.replies = [reply(body, piece=5)]
    events = await answer_of(bot)
    assert text_of(events) == "Once upon a time,\n427"
    assert [type(event) for event in beside(events)] == [ToolUse, ToolUse, Sources]
    assert [e.answer for e in events if isinstance(e, Reference)][-1] == "m1"
    assert events[-1] == Done()


async def test_an_error_in_that_shape(upstream, reply, bot, answer_of):
    upstream.replies = [reply(b"event: error\ndata: 503 overloaded\n\n")]
    *_, failed = await answer_of(bot)
    assert failed == Failed(UNAVAILABLE, "500 503 overloaded", 1.0)
