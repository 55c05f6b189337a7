"""An external knowledge, asked as ClickAI's server asks one."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from msgspec.structs import replace

from gateway.sandbox.answers import Answer
from gateway.sandbox.bodies import Body

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=5)
_PAUSES = (0.5, 1, 2)
_AGAIN = {429, 500, 502, 503, 504}
_TOP_K = 3
_SCORE_LEAST = 0.3


class Knowledge:
    """A knowledge that is registered at ``url``, with the key of its API."""

    def __init__(self, url: str, key: str, knowledge_id: str) -> None:
        self._address = f"{url}/retrieval"
        self._key = key
        self._id = knowledge_id

    async def ground(self, said: Answer, query: str) -> Answer:
        """The answer that the knowledge's records give.

        Where it has none, or cannot be asked, ``said`` stands: the server does not tell, either.
        """
        resources = [self._resource(n, each) for n, each in enumerate(await self._records(query))]
        if not resources:
            return said
        best = resources[0]
        text = f"**{best['document_name']}**\n\n{best['content']}"
        return replace(said, text=text, resources=tuple(resources))

    async def _records(self, query: str) -> list[dict[str, Any]]:
        """What was found; nothing as soon as one record is not as it must be."""
        try:
            records = (await self._asked(query)).get("records", [])
            whole = all(each["content"] and each["metadata"] is not None for each in records)
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError, AttributeError):
            return []
        return list(records) if whole else []

    async def _asked(self, query: str) -> Any:
        # ASCII throughout, as the server writes it.
        body = json.dumps(
            {
                "retrieval_setting": {"top_k": _TOP_K, "score_threshold": _SCORE_LEAST},
                "query": query,
                "knowledge_id": self._id,
                "metadata_condition": None,
            }
        )
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as http:
            for pause in _PAUSES:
                try:
                    return await self._ask(http, body)
                except (aiohttp.ClientConnectionError, TimeoutError):
                    pass
                except aiohttp.ClientResponseError as error:
                    if error.status not in _AGAIN:
                        raise
                await asyncio.sleep(pause)
            return await self._ask(http, body)

    async def _ask(self, http: aiohttp.ClientSession, body: str) -> Any:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        async with http.post(self._address, data=body, headers=headers) as response:
            response.raise_for_status()
            # Any other success is none.
            return await response.json() if response.status == 200 else {}

    def _resource(self, number: int, record: Mapping[str, Any]) -> Body:
        metadata = record["metadata"]
        return {
            "position": number + 1,
            "dataset_id": self._id,
            "dataset_name": self._id,
            "document_id": metadata.get("document_id"),
            "document_name": record.get("title"),
            "data_source_type": "external",
            "segment_id": None,
            "retriever_from": "api",
            "score": record.get("score"),
            "content": record["content"],
            "doc_metadata": metadata,
        }
