"""Routing: which bot answers a message, in which conversation, under which policy.

A pure function of the configuration and the message, done once, when the message is admitted.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from hashlib import sha256

from msgspec import Struct

from gateway.config import Allow, Route
from gateway.model import Origin, Policy, Scope
from gateway.store.keys import lane_name

USER_MOST = 255
"""Bots take user ids up to this length."""


class Decision(Struct, frozen=True):
    """Where a message goes. ``user`` is what the bot knows the conversation's people as."""

    lane: str
    user: str
    bot: str
    policy: Policy


class Router:
    """The configured routes, in order: the first that matches and lets the person in decides."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes

    def route(self, origin: Origin) -> Decision | None:
        """Decide, or None when no route lets this person in."""
        return self._first(origin, missing="")

    def locate(self, origin: Origin) -> Decision | None:
        """Where someone reads who has not said all that a message says: what is not known of
        them matches every condition."""
        return self._first(origin, missing=None)

    def _first(self, origin: Origin, missing: str | None) -> Decision | None:
        known = facts(origin)
        for route in self._routes:
            if (
                route.channel == origin.address.channel
                and _applies(route, known, missing)
                and _allows(route.allow, known, missing)
            ):
                lane = _lane(route.scope, origin)
                return Decision(lane, user_of(lane), route.bot, route.policy)
        return None


def facts(origin: Origin) -> dict[str, str]:
    """All that a route may ask about a message."""
    address = origin.address
    return {
        **origin.facts,
        "chat": address.place,
        "thread": address.thread,
        "person": origin.person.id,
    }


def _applies(route: Route, known: Mapping[str, str], missing: str | None) -> bool:
    return all(
        (value := known.get(fact, missing)) is None
        or any(fnmatchcase(value, pattern) for pattern in patterns)
        for fact, patterns in route.when.items()
    )


def _allows(allow: Allow, known: Mapping[str, str], missing: str | None) -> bool:
    """Every list that is given must name the person, the chat, the workspace or the site."""
    lists = {
        "person": allow.people,
        "chat": allow.chats,
        "workspace": allow.workspaces,
        "site": allow.sites,
    }
    return all(
        not names or (value := known.get(fact, missing)) is None or value in names
        for fact, names in lists.items()
    )


def _lane(scope: Scope, origin: Origin) -> str:
    address = origin.address
    if scope is Scope.PER_USER:
        return lane_name(address.channel, address.place, f"@{origin.person.id}")
    thread = address.thread if scope is Scope.PER_THREAD else ""
    return lane_name(address.channel, address.place, thread)


def user_of(lane: str) -> str:
    if len(lane) <= USER_MOST:
        return lane
    return f"{lane[:180]}~{sha256(lane.encode()).hexdigest()}"
