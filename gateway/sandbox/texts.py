"""The sandbox bot's set pieces."""

OPENING = (
    "Hello! I am the sandbox bot that comes with Chat Gateway. Ask me about the gateway, tell me "
    "your name, or ask what I can do."
)

SUGGESTIONS = ("What can you do?", "How do I connect Slack?", "Count slowly to 20")

FOLLOW_UPS = ("What can you do?", "How do I connect Telegram?", "What is my name?")

GREETING = "Hello! Ask me about Chat Gateway, or ask **what can you do?**"

NAMELESS = "You have not told me your name yet. Say “My name is …” and I will remember it."

HALF = "This answer begins well enough, and then, somewhere in the middle of a sentence,"

MODERATED = "This answer was taken back by the bot's moderation."

HELP = """\
I answer questions about Chat Gateway from its documentation, and I remember your name.

To see how the gateway behaves, ask me for one of these, in just these words:

- **count slowly to 20** – an answer that takes its time; *slowly* works with any question
- **markdown**, **table**, **code** – formatted answers
- **long** – an answer of some 3,000 words
- **nothing** – an answer without a word
- **fail** – a failure before the first word
- **fail midway** – a failure in the middle
- **cut** – the connection breaks in the middle
- **hang** – a sign of life, then silence
- **busy** – too many requests
- **moderate** – an answer that is taken back
- **file** – an answer with a file
- **error app_unavailable** – any of the codes that ClickAI refuses with

At the end of any question to ClickAI: **with a picture** (a file), **with sources** (a document
it rests on), **aloud** (speech), **in the old order** (the end as older servers have it),
**namelessly** (a failure without a reason).
"""

UNKNOWN = (
    "I found nothing about that in the README. I am only a sandbox: once a real bot is set up, it "
    "answers in my place.\n\n" + HELP
)

MARKDOWN = """\
# A heading

Some **bold**, some *italic*, some ~~struck~~ text, `code` and [a link](https://example.com).

## A list

1. First
2. Second
   - with a point
   - and another
3. Third

> A quotation
> of two lines.

---

The end, with <angle brackets> & an ampersand.
"""

TABLE = """\
| Channel  | Streams | Buttons |
|----------|:-------:|--------:|
| Slack    | yes     | yes     |
| Telegram | yes     | yes     |
| Widget   | yes     | yes     |
"""

CODE = '''\
A function that greets:

```python
def greet(name: str) -> str:
    """Say hello."""
    return f"Hello, {name}!"


print(greet("Sarah"))
```

Then run it with `python greet.py`.
'''

_CHAPTERS = 10
_PARAGRAPHS = 5
_SENTENCES = (
    "A message comes in through a channel and is written down before it is acknowledged.",
    "From then on it cannot be lost, whatever happens to the process that took it.",
    "A worker claims the conversation, asks the bot and passes on each word as it comes.",
    "If the worker dies, another finds the message still pending and takes its place.",
)


def long() -> str:
    """Some 3,000 words in chapters, every paragraph numbered so that a gap would show."""
    return "\n\n".join(_chapter(n) for n in range(1, _CHAPTERS + 1))


def _chapter(number: int) -> str:
    numbers = (f"{number}.{n}" for n in range(1, _PARAGRAPHS + 1))
    paragraphs = (f"Paragraph {n}. {' '.join(_SENTENCES)}" for n in numbers)
    return "\n\n".join((f"## Chapter {number}", *paragraphs))


RESOURCE = {
    "position": 1,
    "dataset_id": "sandbox",
    "dataset_name": "sandbox",
    "document_id": "readme",
    "document_name": "README.md",
    "data_source_type": "upload_file",
    "segment_id": "readme-1",
    "retriever_from": "api",
    "score": 0.9,
    "content": "Carries messages.",
    "doc_metadata": {"url": "https://example.com/readme"},
}
"""A document that an answer rests on."""

DOCUMENT = {
    "pageContent": RESOURCE["content"],
    "metadata": {"source": "/srv/files/README.md", "title": "README.md"},
}
"""The same, as another vendor calls it."""
