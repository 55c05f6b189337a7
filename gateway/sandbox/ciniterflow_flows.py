"""The sandbox's CiniterFlow flows: which there are, and what they say of themselves."""

import json
import re
from enum import StrEnum

from msgspec import Struct

from gateway.sandbox import texts

Body = dict[str, object]


class Kind(StrEnum):
    """What a flow is built of. A question that begins with ``@`` and one of these words, such as
    ``@human may I?``, is answered as such a flow would, whatever the flow.

    Asked for a ``file``, chains answer with an image and a table (``artifacts``), agentflows with
    a report that the text refers to (``fileAnnotations``); what a chain is asked ``with sources``
    rests on a document. A recording is heard as the UTF-8 text
    that is in it, where a flow hears at all.
    """

    CHAT = "chat"
    """A conversation chain: it streams and cannot be stopped."""
    PLAIN = "plain"
    """A chain that answers in one piece, whatever is asked for."""
    TOOLS = "tools"
    """An agent that uses a calculator, hears recordings and reads documents."""
    AGENTS = "agents"
    """An agentflow of one model."""
    FORM = "form"
    """An agentflow that begins with a form."""
    HUMAN = "human"
    """An agentflow that asks a person before it ends."""


class Flow(Struct, frozen=True):
    """One flow. ``key`` protects it; ``origins``, if any, are the only ones it answers."""

    id: str
    kind: Kind = Kind.CHAT
    key: str = ""
    origins: tuple[str, ...] = ()


CHAT = Flow("00000000-0000-4000-8000-000000000001")
PLAIN = Flow("00000000-0000-4000-8000-000000000002", Kind.PLAIN)
TOOLS = Flow("00000000-0000-4000-8000-000000000003", Kind.TOOLS)
AGENTS = Flow("00000000-0000-4000-8000-000000000004", Kind.AGENTS)
FORM = Flow("00000000-0000-4000-8000-000000000005", Kind.FORM)
HUMAN = Flow("00000000-0000-4000-8000-000000000006", Kind.HUMAN)
PROTECTED = Flow("00000000-0000-4000-8000-000000000007", key="sandbox-key")
HOUSE = Flow("00000000-0000-4000-8000-000000000008", origins=("https://www.example.com",))

FLOWS = {each.id: each for each in (CHAT, PLAIN, TOOLS, AGENTS, FORM, HUMAN, PROTECTED, HOUSE)}

AGENTFLOWS = frozenset({Kind.AGENTS, Kind.FORM, Kind.HUMAN})

_TRIGGER = re.compile(rf"\s*@({'|'.join(Kind)})\b\s*")


def triggered(flow: Flow, question: str) -> tuple[Kind, str]:
    """The kind of flow that answers, and the question without the word that chose it."""
    found = _TRIGGER.match(question)
    return (Kind(found[1]), question[found.end() :]) if found else (flow.kind, question)


FORM_INPUT: Body = {
    "title": "Support",
    "description": "Tell us what is wrong.",
    "inputs": [
        {"type": "string", "label": "Subject", "name": "subject", "addOptions": ""},
        {"type": "string", "label": "Body", "name": "body", "addOptions": ""},
        {
            "type": "options",
            "label": "Prio",
            "name": "prio",
            "addOptions": [{"option": "low"}, {"option": "high"}],
        },
    ],
}

DOCUMENTS = ("text/plain", "text/csv", "text/markdown", "application/json", "application/pdf")
"""What a flow with tools reads. Whatever is in such a file is taken for text."""


def uploads(flow: Flow) -> Body:
    """The images and recordings that the flow takes: all flows see, and those with tools hear."""
    return {
        "isSpeechToTextEnabled": flow.kind is Kind.TOOLS,
        "isImageUploadAllowed": True,
        "isRAGFileUploadAllowed": False,
        "imgUploadSizeAndTypes": [
            {
                "fileTypes": ["image/gif", "image/jpeg", "image/png", "image/webp", ""],
                "maxUploadSize": 5,
            }
        ],
        "fileUploadSizeAndTypes": [],
    }


def public_config(flow: Flow) -> Body:
    """What the flow says to anyone: its definition is in it, with the prompts."""
    full = {"status": True, "allowedUploadFileTypes": ",".join(DOCUMENTS)}
    prompts = {str(n): {"prompt": text} for n, text in enumerate(texts.SUGGESTIONS)}
    return {
        "title": "Sandbox",
        "starterPrompts": prompts,
        "welcomeMessage": texts.OPENING,
        **({"fullFileUpload": full} if flow.kind is Kind.TOOLS else {}),
        "uploads": uploads(flow),
        "flowData": json.dumps({"nodes": _nodes(flow), "edges": []}, separators=(",", ":")),
        "isTTSEnabled": False,
    }


def _nodes(flow: Flow) -> list[Body]:
    if flow.kind not in AGENTFLOWS:
        return [_node("conversationChain", {"systemMessagePrompt": "You are a bot."})]
    start: Body = {"startInputType": "chatInput"}
    if flow.kind is Kind.FORM:
        start = {
            "startInputType": "formInput",
            "formTitle": FORM_INPUT["title"],
            "formDescription": FORM_INPUT["description"],
            "formInputTypes": FORM_INPUT["inputs"],
        }
    return [_node("startAgentflow", start), _node("llmAgentflow", {"llmModel": "chatOpenAI"})]


def _node(name: str, inputs: Body) -> Body:
    return {"id": f"{name}_0", "data": {"id": f"{name}_0", "name": name, "inputs": inputs}}
