"""Each way in which ChatAIBot may fail, and that a message is never said twice by itself."""

import pytest
from support.servers import free_port

from gateway.model import Failed, Failure, Reference

REFERENCE = '{"conversation":"conv-1","visitor":"visitor-1"}'


async def failure(bot, ask, text="my private words", reference=""):
    *before, failed = await ask(bot, text, reference)
    assert isinstance(failed, Failed)
    # That the message may have gone out is taken back when it certainly has not.
    withdrawn = failed.retry_after is not None
    assert [type(event) for event in before] == [Reference] * (1 + withdrawn)
    return failed


def refusal(status, code):
    return {"ok": False, "error": "Error", "code": code, "message": "m", "status": status}


@pytest.mark.parametrize(
    ("status", "code", "expected", "retried"),
    [
        (401, "JWT_SIGNATURE_EXCEPTION", Failure.MISCONFIGURED, False),
        (400, "CHANNEL_NOT_ENABLED", Failure.MISCONFIGURED, False),
        (400, "CHANNEL_TOKEN_EXPIRED", Failure.MISCONFIGURED, False),
        (404, "ACCOUNT_DETAILS_NOT_FOUND", Failure.MISCONFIGURED, False),
        (400, "CONTACT_IS_BLOCKED", Failure.REJECTED, False),
        (400, "CONVERSATION_CREATION_EXCEPTION", Failure.REJECTED, False),
        (400, "SOMETHING_ELSE", Failure.REJECTED, False),
        (403, "", Failure.MISCONFIGURED, False),
        (429, "", Failure.BUSY, True),
        (500, "", Failure.UNAVAILABLE, False),
        (502, "", Failure.UNAVAILABLE, False),
        (503, "", Failure.UNAVAILABLE, True),
        (504, "", Failure.UNAVAILABLE, False),
    ],
)
@pytest.mark.parametrize("reference", ["", REFERENCE])
@pytest.mark.parametrize("with_200", [False, True])
async def test_a_refusal_is_what_its_code_says(
    bot, ask, vendor, status, code, expected, retried, reference, with_200
):
    vendor.replies = [(200 if with_200 else status, refusal(status, code))]
    failed = await failure(bot, ask, reference=reference)
    assert failed.failure is expected
    assert (failed.retry_after is not None) is retried
    assert failed.detail == f"{status} {code}".strip()
    assert len(vendor.requests) == 1


async def test_a_refusal_without_anything_is_one_all_the_same(bot, ask, vendor):
    vendor.replies = [(200, {"ok": False})]
    assert (await failure(bot, ask)).failure is Failure.REJECTED


async def test_a_busy_server_says_when(bot, ask, vendor):
    vendor.headers = {"Retry-After": "7"}
    vendor.replies = [(429, refusal(429, ""))]
    assert (await failure(bot, ask)).retry_after == 7


async def test_a_server_that_is_away_is_asked_again(make_bot, ask):
    bot = await make_bot(base_url=f"http://127.0.0.1:{free_port()}")
    failed = await failure(bot, ask)
    assert failed.failure is Failure.UNAVAILABLE
    assert failed.retry_after is not None


async def test_a_cut_connection_may_have_carried_the_message(bot, ask, vendor):
    vendor.replies = [(0, {})]
    failed = await failure(bot, ask)
    assert (failed.failure, failed.retry_after) == (Failure.INTERRUPTED, None)
    assert len(vendor.requests) == 1


async def test_a_silent_server_may_have_taken_the_message(make_bot, ask, vendor):
    bot = await make_bot(request_timeout=0.2)
    vendor.replies = [(-1, {})]
    failed = await failure(bot, ask)
    assert (failed.failure, failed.retry_after) == (Failure.TIMEOUT, None)
    assert len(vendor.requests) == 1


@pytest.mark.parametrize(
    "body",
    ["<html>login</html>", {"ok": True}, {"ok": True, "conversation": {}}, [], {"conversation": 1}],
)
async def test_an_answer_of_something_else_is_the_operator_s(bot, ask, vendor, body):
    vendor.replies = [(200, body)]
    failed = await failure(bot, ask)
    assert (failed.failure, failed.retry_after) == (Failure.MISCONFIGURED, None)


async def test_a_redirect_is_not_followed(bot, ask, vendor):
    vendor.headers = {"Location": "/elsewhere"}
    vendor.replies = [(302, {})]
    assert (await failure(bot, ask)).failure is Failure.MISCONFIGURED
    assert [request.path for request in vendor.requests] == ["/api/v1/conversations"]


@pytest.mark.parametrize("status", [400, 401, 500])
async def test_neither_secrets_nor_words_are_in_a_detail(
    bot, ask, vendor, token, secret, status, capsys
):
    echo = {"ok": False, "code": "my private words", "message": f"my private words {token}"}
    vendor.replies = [(status, echo)]
    failed = await failure(bot, ask)
    seen = failed.detail + "".join(capsys.readouterr())
    for hidden in ("private", token, secret):
        assert hidden not in seen
