"""Routing is a pure function of the configuration and the message."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.adapters import origin

from gateway.config import Route
from gateway.model import Policy
from gateway.router import USER_MOST, Router


def router(*routes: dict[str, Any]) -> Router:
    defaults = {"channel": "channel", "bot": "bot"}
    return Router([Route.model_validate(defaults | route) for route in routes])


def bot(router: Router, **where: Any) -> str | None:
    decision = router.route(origin(**where))
    return decision.bot if decision else None


def lane(scope: str, **where: Any) -> str:
    decision = router({"scope": scope}).route(origin(**where))
    assert decision
    return decision.lane


def test_the_first_route_that_matches_decides() -> None:
    routes = router({"when": {"page": "*/shop/*"}, "bot": "sales"}, {"bot": "help"})
    assert bot(routes, page="https://x/shop/shoes") == "sales"
    assert bot(routes, page="https://x/") == "help"
    assert bot(routes) == "help"


def test_all_conditions_must_hold_and_one_pattern_of_each() -> None:
    routes = router({"when": {"chat": ["C1", "C2"], "person": "U*"}})
    assert bot(routes, place="C2", person="U7") == "bot"
    assert bot(routes, place="C3", person="U7") is None
    assert bot(routes, place="C1", person="W7") is None


def test_another_channel_is_no_match() -> None:
    assert bot(router({}), channel="other") is None


def test_every_list_that_is_given_must_name_the_person() -> None:
    routes = router({"allow": {"people": ["U1"], "workspaces": ["T1"]}})
    assert bot(routes, person="U1", workspace="T1") == "bot"
    assert bot(routes, person="U1", workspace="T2") is None
    assert bot(routes, person="U2", workspace="T1") is None
    assert bot(routes, person="U1") is None


def test_an_allow_list_is_exact() -> None:
    assert bot(router({"allow": {"people": ["U*"]}}), person="U1") is None


def test_who_is_not_let_in_by_one_route_may_be_by_the_next() -> None:
    routes = router({"allow": {"people": ["staff"]}, "bot": "inner"}, {"bot": "outer"})
    assert bot(routes, person="staff") == "inner"
    assert bot(routes, person="guest") == "outer"


def test_what_a_reader_has_not_said_matches() -> None:
    routes = router({"when": {"page": "https://x/*"}, "allow": {"sites": ["s"]}})
    assert routes.route(origin(site="s")) is None
    assert routes.locate(origin(site="s"))
    assert routes.locate(origin(site="t")) is None


def test_scopes_make_conversations() -> None:
    there: dict[str, Any] = {"place": "p", "thread": "t", "person": "u"}
    assert lane("per_thread", **there) == "channel:p:t"
    assert lane("per_chat", **there) == "channel:p"
    assert lane("per_user", **there) == "channel:p:%40u"


def test_the_bot_knows_the_scope_and_not_the_person() -> None:
    decisions = [router({"scope": "per_chat"}).route(origin(person=p)) for p in ("a", "b")]
    assert len({decision.user for decision in decisions if decision}) == 1


@given(st.text(max_size=400))
def test_a_user_fits_every_bot_and_is_unique(place: str) -> None:
    decision = router({}).route(origin(place=place + "x"))
    other = router({}).route(origin(place=place + "y"))
    assert decision
    assert other
    assert len(decision.user) <= USER_MOST
    assert decision.user != other.user


def test_policies_and_their_default() -> None:
    for route, policy in (({}, Policy.FOLLOWUP), ({"policy": "collect"}, Policy.COLLECT)):
        decision = router(route).route(origin())
        assert decision
        assert decision.policy is policy
