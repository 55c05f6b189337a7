"""The channel: wires one site's endpoints, its event streams and its rendering together."""

from collections.abc import Sequence
from typing import Literal

from adapters.channels.web import assets, openapi
from adapters.channels.web.api import Api
from adapters.channels.web.config import Config
from adapters.channels.web.conversations import Conversations
from adapters.channels.web.gate import Endpoint, Gate
from adapters.channels.web.limits import Limits
from adapters.channels.web.origins import Origins
from adapters.channels.web.outbound import Rendering, shown
from adapters.channels.web.pages import Pages
from adapters.channels.web.sessions import Sessions
from adapters.channels.web.stream import Streams
from adapters.channels.web.uploads import Uploads
from adapters.channels.web.visitors import Visitors
from gateway.model import End
from gateway.ports import GatewayForChannels, LogEntry, Outcome, Reply, Sent, Unknown


class WebChannel:
    """One site: visitors write in a widget, answers are kept in the gateway's reply log."""

    shows_forms: Literal[True] = True

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self._config = config
        self._gateway: GatewayForChannels
        self._streams: Streams

    async def start(self, gateway: GatewayForChannels) -> None:
        """Mount the site's endpoints. The widget's files are mounted once for all sites."""
        config, self._gateway = self._config, gateway
        self._mount_commands(gateway)
        pages = Pages(config)
        gateway.mount("GET", pages.path, pages.hosted)
        gateway.mount("GET", pages.frame_path, pages.frame)
        gateway.mount("GET", "/widget/{file}", assets.serve)
        gateway.mount("GET", openapi.PATH, openapi.serve)

    def _mount_commands(self, gateway: GatewayForChannels) -> None:
        config, name = self._config, self.name
        limits = Limits(name, config, gateway)
        conversations = Conversations(self, gateway)
        visitors = Visitors(name, config, gateway, conversations, limits)
        sessions = Sessions(config, gateway, visitors, conversations)
        api = Api(config, gateway, visitors, conversations, sessions, limits)
        self._streams = Streams(visitors, gateway)
        gate = Gate(name, config, gateway, Origins(name, config.origins, gateway.public_url))
        commands: dict[str, Endpoint] = {
            "session": sessions.session,
            "identify": sessions.identify,
            "messages": api.messages,
            "history": api.history,
            "stop": api.stop,
            "read": api.read,
            "events": self._streams.events,
        }
        if config.feedback:
            commands["feedback"] = api.feedback
        if config.regenerate:
            commands["regenerate"] = api.regenerate
        if config.conversations:
            commands |= {"conversations": api.conversations, "conversations/delete": api.delete}
        handlers = {command: gate.command(endpoint) for command, endpoint in commands.items()}
        if config.max_file_mb:
            uploads = Uploads(config, gateway, visitors, limits)
            handlers["files"] = gate.entered(uploads.files)
        for command, handler in handlers.items():
            gateway.mount("POST", f"/w/v1/{config.key}/{command}", handler)
            gateway.mount("OPTIONS", f"/w/v1/{config.key}/{command}", gate.preflight)

    async def deliver(self, reply: Reply) -> Outcome:
        """Write the reply to its log; the end is written when the turn is sealed."""
        path = self._gateway.file_path
        rendering = Rendering(reply.turn, reply.messages, reply.log, path)
        async for event in reply.events():
            if isinstance(event, End):
                return Sent(rendering.closing(event))
            rendering.show(event)
        return Unknown("the reply had no end")

    def shown(self, entries: Sequence[LogEntry]) -> str:
        """The text on the page after these entries of one turn."""
        return shown(entries)

    async def stop(self) -> None:
        """Let the event streams say goodbye."""
        await self._streams.stop()
