"""From what accompanies an answer to the gateway's events: status, sources, cost. No I/O."""

from collections.abc import Iterator

from adapters.bots.clickai import wire
from gateway.model import Source, Sources, Status, Usage

_LONGEST_EXCERPT = 300
_LINKS = ("url", "source_url", "link", "source")


def status(event: wire.NodeEvent) -> Status | None:
    """What a workflow is doing, in the words of whoever built it."""
    node = event.data or wire.Node()
    match event:
        case wire.AgentLog():
            text = node.label
        case wire.IterationNext() | wire.LoopNext() if node.title and node.index is not None:
            text = f"{node.title} {node.index + 1}"
        case _:
            text = node.title
    return Status(text) if text else None


def tools(step: wire.AgentThought) -> dict[str, None]:
    """The tools of a step, each once."""
    return dict.fromkeys(name for name in (step.tool or "").split(";") if name)


def closing(metadata: wire.Metadata) -> Iterator[Usage | Sources]:
    """What is known behind the last word."""
    if metadata.usage:
        yield usage(metadata.usage)
    if metadata.retriever_resources:
        yield sources(metadata.retriever_resources)


def usage(found: wire.Usage) -> Usage:
    """What the answer cost."""
    return Usage(
        prompt_tokens=found.prompt_tokens or 0,
        completion_tokens=found.completion_tokens or 0,
        price=str(found.total_price or ""),
        currency=found.currency or "",
    )


def sources(resources: list[wire.Resource]) -> Sources:
    """The documents the answer rests on."""
    return Sources(tuple(_source(each) for each in resources))


def _source(resource: wire.Resource) -> Source:
    facts = resource.doc_metadata or {}
    links = (facts.get(key) for key in _LINKS)
    url = next((x for x in links if isinstance(x, str) and x.startswith(("http:", "https:"))), "")
    return Source(resource.document_name or "", url, _excerpt(resource.content or ""))


def _excerpt(content: str) -> str:
    text = " ".join(content[: 4 * _LONGEST_EXCERPT].split())
    return text if len(text) <= _LONGEST_EXCERPT else text[: _LONGEST_EXCERPT - 1].rstrip() + "…"
