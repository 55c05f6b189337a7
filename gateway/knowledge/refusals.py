"""Why a retrieval is refused: the codes of the External Knowledge API and the gateway's own."""

import math

from aiohttp import web
from msgspec import Struct


class Code(Struct, frozen=True):
    """One line of the table of errors, which docs/knowledge.md shows."""

    number: int
    status: int
    message: str


BAD_HEADER = Code(
    1001, 403, "Invalid Authorization header. Send it as: Authorization: Bearer <api-key>."
)
BAD_KEY = Code(1002, 403, "Authorization failed. Please check your API key.")
NO_KNOWLEDGE = Code(
    2001, 404, "The knowledge does not exist. Check knowledge_id, and which key may search it."
)
BAD_BODY = Code(3001, 400, "Send a JSON object, with Content-Type: application/json.")
BAD_KNOWLEDGE = Code(3002, 400, "knowledge_id: write the id of a knowledge, as text.")
BAD_QUERY = Code(3003, 400, "query: write what to look for, as text that is not empty.")
BAD_SETTING = Code(3004, 400, "retrieval_setting: write an object with top_k.")
BAD_CONDITION = Code(3005, 400, "metadata_condition: write an object with conditions.")
TOO_LARGE = Code(3006, 413, "The request is too large. Send at most 256 KiB.")
BAD_METHOD = Code(3007, 405, "Use POST.")
TOO_MANY = Code(4001, 429, "Too many requests. Try again later; Retry-After says when.")
NOT_READY = Code(5001, 503, "The knowledge is still being indexed. Try again soon.")
TOO_SLOW = Code(5002, 503, "The search took too long. Try again.")
FAILED = Code(5003, 503, "The knowledge cannot be searched now. Try again soon.")

CODES = (
    *(BAD_HEADER, BAD_KEY, NO_KNOWLEDGE),
    *(BAD_BODY, BAD_KNOWLEDGE, BAD_QUERY, BAD_SETTING, BAD_CONDITION, TOO_LARGE, BAD_METHOD),
    *(TOO_MANY, NOT_READY, TOO_SLOW, FAILED),
)


class Refusal(Exception):
    """A request that gets no records. ``message`` replaces the code's, and quotes nothing that
    was sent; ``retry_after`` is in seconds."""

    def __init__(self, code: Code, message: str = "", retry_after: float = 0) -> None:
        super().__init__(code.number)
        self.code = code
        self.message = message or code.message
        self.retry_after = retry_after

    def answer(self) -> web.Response:
        """The refusal as it travels."""
        headers = {}
        if self.retry_after:
            headers["Retry-After"] = str(math.ceil(self.retry_after))
        if self.code is BAD_METHOD:
            headers["Allow"] = "POST"
        body = {"error_code": self.code.number, "error_msg": self.message}
        return web.json_response(body, status=self.code.status, headers=headers)
