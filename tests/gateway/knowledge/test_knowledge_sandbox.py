"""The sandbox's ClickAI app answers from a knowledge, and the widget shows the sources."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from support.servers import eventually, free_port, loaded, running, web_config
from support.widget import Widget

from gateway import demo
from gateway.demo import Demo
from gateway.sandbox import clickai_knowledge, readme
from gateway.sandbox.__main__ import main
from gateway.sandbox.answers import Answers
from gateway.sandbox.clickai import ClickAI
from gateway.sandbox.clickai_knowledge import Knowledge
from gateway.sandbox.memory import Memory
from gateway.sandbox.server import serving

KEY = "a-key-of-16-chars"
RECORD = {
    "content": "Twelve months.",
    "score": 0.8,
    "title": "Warranty",
    "metadata": {"document_id": "d-1", "path": "a.md"},
}
Answer = tuple[int, Any]
Ask = Callable[..., Any]


class Endpoint:
    """An External Knowledge API that answers with what it is told to, the last for ever."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [(200, {"records": [RECORD]})]
        self.asked: list[tuple[dict[str, str], bytes]] = []

    async def serve(self, request: web.Request) -> web.Response:
        """One call."""
        self.asked.append((dict(request.headers), await request.read()))
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.json_response(body, status=status)


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
async def ask(
    endpoint: Endpoint, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Ask]:
    monkeypatch.setattr(clickai_knowledge, "_PAUSES", (0, 0, 0))
    async with AsyncExitStack() as stack:
        server = web.Application()
        server.router.add_post("/kb/retrieval", endpoint.serve)
        port = await stack.enter_async_context(serving(server, "127.0.0.1", 0))
        knowledge = Knowledge(f"http://127.0.0.1:{port}/kb", KEY, "docs")
        api = ClickAI(
            Answers("# Press\n\nIt prints.\n").answer, Memory(), pace=0, knowledge=knowledge
        )
        bot = await stack.enter_async_context(serving(api.application(), "127.0.0.1", 0))

        async def ask(query: str, key: str = "app-chat") -> dict[str, Any]:
            url, headers = f"http://127.0.0.1:{bot}/v1", {"Authorization": f"Bearer {key}"}
            body = {"inputs": {}, "query": query, "user": "u"}
            path = f"{url}/chat-messages"
            async with http.post(path, json=body, headers=headers) as response:
                answer: dict[str, Any] = await response.json()
                return answer

        yield ask


def resources(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer["metadata"]["retriever_resources"]
    return found


@pytest.mark.parametrize("key", ["app-chat", "app-chatflow"])
async def test_an_answer_rests_on_the_records(ask: Ask, endpoint: Endpoint, key: str) -> None:
    answer = await ask("bảo hành?", key)
    assert answer["answer"].startswith("**Warranty**\n\nTwelve months.")
    (resource,) = resources(answer)
    assert (resource["document_id"], resource["document_name"]) == ("d-1", "Warranty")
    assert (resource["content"], resource["score"]) == ("Twelve months.", 0.8)
    assert resource["doc_metadata"] == RECORD["metadata"]
    ((headers, body),) = endpoint.asked
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["Content-Type"] == "application/json"
    assert body == (
        b'{"retrieval_setting": {"top_k": 3, "score_threshold": 0.3}, "query":'
        b' "b\\u1ea3o h\\u00e0nh?", "knowledge_id": "docs", "metadata_condition": null}'
    )


async def test_commands_look_nothing_up(ask: Ask, endpoint: Endpoint) -> None:
    assert resources(await ask("table")) == []
    assert not endpoint.asked


@pytest.mark.parametrize(
    ("status", "calls"),
    [(503, 4), (500, 4), (429, 4), (403, 1), (404, 1), (400, 1), (201, 1)],
)
async def test_a_refusal_drops_the_knowledge_in_silence(
    ask: Ask, endpoint: Endpoint, status: int, calls: int
) -> None:
    endpoint.answers = [(status, {"records": [RECORD]})]
    answer = await ask("press")
    assert (answer["answer"], resources(answer)) == ("**Press**\n\nIt prints.", [])
    assert len(endpoint.asked) == calls


@pytest.mark.parametrize(
    "body",
    [
        *({}, [], {"records": []}, {"records": None}, {"records": 3}),
        {"records": [RECORD, {"score": 1, "metadata": {}}]},
        {"records": [RECORD, {"content": "x"}]},
        {"records": [RECORD, {"content": "x", "metadata": None}]},
    ],
    ids=str,
)
async def test_so_does_a_record_that_is_not_as_it_must_be(
    ask: Ask, endpoint: Endpoint, body: Any
) -> None:
    endpoint.answers = [(200, body)]
    assert resources(await ask("press")) == []


async def test_what_fails_for_a_moment_is_tried_again(ask: Ask, endpoint: Endpoint) -> None:
    endpoint.answers = [(503, {}), (429, {}), (200, {"records": [RECORD]})]
    assert len(resources(await ask("press"))) == 1
    assert len(endpoint.asked) == 3


async def test_the_widget_shows_what_an_answer_rests_on(
    redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    (folder / "handbook.md").write_text("# Handbook\n\nThe warranty is twelve months.\n")
    port = free_port()
    knowledge = Knowledge(f"http://127.0.0.1:{port}", KEY, "docs")
    api = ClickAI(Answers("").answer, Memory(), pace=0, knowledge=knowledge)
    async with serving(api.application(), "127.0.0.1", 0) as bot:
        section = {"docs": {"paths": ["handbook.md"], "api_keys": [KEY]}}
        config = web_config(f"http://127.0.0.1:{bot}/v1", redis_url, knowledge=section)
        config["server"]["port"] = port
        async with running(loaded(folder, config)) as service:
            await eventually(lambda: _answers(http, service.url), 20)
            widget = Widget(http, service.url)
            await widget.open()
            widget.read()
            end = await widget.ask("What about the warranty?")
            await widget.leave()
    assert "twelve months" in str(end)
    assert [source["title"] for source in end["sources"]] == ["Handbook"]


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    body = {"knowledge_id": "docs", "query": "warranty", "retrieval_setting": {}}
    headers = {"Authorization": f"Bearer {KEY}"}
    async with http.post(f"{url}/retrieval", json=body, headers=headers) as response:
        return response.status == 200


def test_the_demo_serves_the_projects_own_documents(tmp_path: Path) -> None:
    root = readme.checkout()
    assert root
    config = Demo(8080, 8081, tmp_path).config
    docs = config.knowledge["docs"]
    assert docs.paths == (str(root / "README.md"), str(root / "docs"))
    assert docs.api_keys[0].get_secret_value() in config.secrets()
    assert not list(tmp_path.iterdir())


def test_an_installed_demo_serves_what_its_package_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo.readme, "checkout", lambda: None)
    monkeypatch.setattr(demo.readme, "find", lambda: "# Chat Gateway\n")
    for _ in range(2):
        paths = Demo(8080, 8081, tmp_path).config.knowledge["docs"].paths
    assert Path(paths[0]).read_text() == "# Chat Gateway\n"
    assert Path(paths[1]).is_dir()


async def test_the_sandbox_as_a_process_asks_its_knowledge(
    endpoint: Endpoint, http: aiohttp.ClientSession
) -> None:
    server = web.Application()
    server.router.add_post("/retrieval", endpoint.serve)
    async with serving(server, "127.0.0.1", 0) as port:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.sandbox", "--port", "0", "--pace", "0"),
            *("--knowledge-url", f"http://127.0.0.1:{port}", "--knowledge-id", "kb"),
            stdout=asyncio.subprocess.PIPE,
            env={"KNOWLEDGE_KEY": KEY},
        )
        try:
            assert process.stdout
            url = (await process.stdout.readline()).decode().split()[-1]
            body = {"inputs": {}, "query": "warranty", "user": "u"}
            headers = {"Authorization": "Bearer app-chat"}
            async with http.post(f"{url}/chat-messages", json=body, headers=headers) as response:
                assert len(resources(await response.json())) == 1
        finally:
            process.terminate()
            await process.communicate()
    ((_, sent),) = endpoint.asked
    assert b'"knowledge_id": "kb"' in sent


@pytest.mark.parametrize(
    ("options", "key", "told"),
    [
        (["--knowledge-url", "http://x"], "", "KNOWLEDGE_KEY"),
        (["--kind", "ciniterflow", "--knowledge-url", "http://x"], KEY, "clickai only"),
    ],
)
def test_misuse_of_a_knowledge_is_explained(
    options: list[str],
    key: str,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KNOWLEDGE_KEY", key)
    with pytest.raises(SystemExit):
        main(options)
    assert told in capsys.readouterr().err.splitlines()[-1]
