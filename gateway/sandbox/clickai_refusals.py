"""Every no of ClickAI that can be asked for: ``error <code>`` as a message gets it.

They are those of ClickAI's own list, with the texts a server gives them as far as they are known.
"""

from aiohttp import web

from gateway.sandbox.requests import Refusal

_NOT_HERE = "Conversation Not Exists. You have requested this URI [{0}] but did you mean {0} or {1}"
_QUOTA = "Your quota for {} has been exhausted."

_NAMED = {
    "agent_not_published": (400, "The agent is not published."),
    "app_unavailable": (400, "App unavailable, please check your app configurations."),
    "bad_request": (400, "The browser (or proxy) sent a request that could not be understood."),
    "completion_request_error": (400, "Completion request failed."),
    "conversation_completed": (400, "The conversation has ended. Please start a new conversation."),
    "invalid_param": (400, "Workflow not published"),
    "model_currently_not_support": (400, "The model does not support this."),
    "not_chat_app": (400, "Please check if your app mode matches the right API route."),
    "not_workflow_app": (400, "Please check if your app mode matches the right API route."),
    "provider_not_initialize": (400, "No valid model provider credentials found."),
    "provider_quota_exceeded": (400, _QUOTA.format("the model provider")),
    "unauthorized": (401, "Access token is invalid"),
    "forbidden": (403, "The app's API service has been disabled."),
    "workflow_version_execution_not_allowed": (403, "This version may not be run."),
    "not_found": (404, "Conversation Not Exists."),
    "unsupported_media_type": (415, "Did not attempt to load JSON data."),
    "rate_limit_error": (429, _QUOTA.format("requests")),
    "too_many_requests": (429, "Too many requests. Please try again later."),
    "unknown": (500, "Internal Server Error"),
}

CODES = tuple(_NAMED)
"""What ``named`` knows."""


def named(code: str) -> Refusal:
    """The refusal of that code."""
    status, message = _NAMED[code]
    return Refusal(status, code, message)


def conversation_not_here(request: web.Request, alternatives: str) -> Refusal:
    """There is no such conversation of this user's, at least not where it was looked for."""
    message = _NOT_HERE.format(request.path, alternatives)
    return Refusal(404, "not_found", message, is_of_the_run=True)
