"""auth.*, oauth.* and apps.*: who calls, and with which token."""

import secrets
from typing import Any

from support.slack.methods import method
from support.slack.model import Refusal, Workspace
from support.slack.state import APP, State

HOURS_12 = 43_200


@method("auth.test")
def test(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """Whose token it is."""
    return {
        "url": "https://one.slack.test/", "team": workspace.name, "team_id": workspace.team,
        "user": "bot", "user_id": workspace.bot_user, "bot_id": workspace.bot_id,
        "is_enterprise_install": workspace.org,
    } | ({"enterprise_id": workspace.enterprise} if workspace.enterprise else {})  # fmt: skip


@method("auth.revoke", form_only=True, test=bool)
def revoke(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """A token less."""
    if not args.get("test"):
        revoke_token(slack, workspace.token)
    return {"revoked": not args.get("test")}


@method(
    "apps.uninstall", "client_id", "client_secret",
    form_only=True, client_id=str, client_secret=str,
)  # fmt: skip
def uninstall(slack: State, workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    """The app leaves a workspace."""
    _check_client(slack, args)
    for token in [token for token, team in slack.tokens.items() if team == workspace.team]:
        revoke_token(slack, token, "account_inactive")
    return {}


def revoke_token(slack: State, token: str, error: str = "token_revoked") -> None:
    """From now on a token is refused with an error."""
    slack.tokens[token] = f"!{error}"


@method(
    "oauth.v2.access", form_only=True, by="client", client_id=str, client_secret=str, code=str,
    redirect_uri=str, grant_type=str, refresh_token=str,
)  # fmt: skip
def access(slack: State, workspace: None, args: dict[str, Any]) -> dict[str, Any]:
    """A code, or a refresh token, becomes a token; each of them once."""
    _check_client(slack, args)
    if args.get("grant_type") == "refresh_token":
        team = slack.refreshes.pop(args.get("refresh_token", ""), None)
        if team is None:
            raise Refusal("invalid_refresh_token")
        return _grant(slack, slack.workspaces[team], rotating=True)
    team = slack.codes.pop(args.get("code", ""), None)
    if team is None:
        raise Refusal("invalid_code")
    return _grant(slack, slack.workspaces[team], rotating=slack.rotation)


@method(
    "oauth.v2.exchange", "token", "client_id", "client_secret",
    form_only=True, by="client", client_id=str, client_secret=str,
)  # fmt: skip
def exchange(slack: State, workspace: None, args: dict[str, Any]) -> dict[str, Any]:
    """A token for ever becomes one that ends."""
    _check_client(slack, args)
    team = slack.tokens.get(args["token"], "!")
    if team.startswith("!"):
        raise Refusal("invalid_auth")
    return _grant(slack, slack.workspaces[team], rotating=True)


def _check_client(slack: State, args: dict[str, Any]) -> None:
    if args.get("client_id") != slack.client_id:
        raise Refusal("invalid_client_id")
    if args.get("client_secret") != slack.client_secret:
        raise Refusal("bad_client_secret")


def _grant(slack: State, workspace: Workspace, rotating: bool) -> dict[str, Any]:
    token = workspace.token
    more: dict[str, Any] = {}
    if rotating:
        token = f"xoxe.xoxb-1-{secrets.token_hex(8)}"
        refresh = f"xoxe-1-{secrets.token_hex(8)}"
        slack.refreshes[refresh] = workspace.team
        more = {"refresh_token": refresh, "expires_in": HOURS_12}
    slack.tokens[token] = workspace.team
    team = None if workspace.org else {"id": workspace.team, "name": workspace.name}
    enterprise = {"id": workspace.enterprise, "name": "Grid"} if workspace.enterprise else None
    return more | {
        "access_token": token, "token_type": "bot", "scope": "chat:write,im:history",
        "bot_user_id": workspace.bot_user, "app_id": APP, "team": team,
        "enterprise": enterprise, "is_enterprise_install": workspace.org,
        "authed_user": {"id": "U1"},
    }  # fmt: skip


@method("apps.connections.open", by="app")
def connections_open(slack: Any, workspace: None, args: dict[str, Any]) -> dict[str, Any]:
    """Where to connect for Socket Mode."""
    return {"url": slack.links.ticket()}
