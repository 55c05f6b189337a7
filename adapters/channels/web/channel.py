"""The channel: wires one site's endpoints, its event streams and its rendering together."""

from collections.abc import Sequence

from adapters.channels.web.api import Api
from adapters.channels.web.config import Config
from adapters.channels.web.origins import Origins
from adapters.channels.web.outbound import Rendering, shown
from adapters.channels.web.pages import Pages, static_file
from adapters.channels.web.stream import Streams
from adapters.channels.web.tokens import Tokens
from gateway.model import End
from gateway.ports import GatewayForChannels, LogEntry, Outcome, Reply, Sent, Unknown


class WebChannel:
    """One site: visitors write in a widget, answers are kept in the gateway's reply log."""

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self._config = config
        self._gateway: GatewayForChannels

    async def start(self, gateway: GatewayForChannels) -> None:
        """Mount the site's endpoints. The widget's files are mounted once for all sites."""
        config, self._gateway = self._config, gateway
        api = Api(
            self.name,
            config,
            gateway,
            Tokens(config.key, gateway.signing_keys()),
            Origins(self.name, config.origins, gateway.public_url),
        )
        streams = Streams(self.name, api, gateway)
        base = f"/w/v1/{config.key}"
        for command, handler in (
            ("session", api.session),
            ("messages", api.messages),
            ("history", api.history),
            ("stop", api.stop),
            ("feedback", api.feedback),
            ("events", streams.events),
        ):
            gateway.mount("POST", f"{base}/{command}", api.guarded(handler))
            gateway.mount("OPTIONS", f"{base}/{command}", api.preflight)
        if config.max_file_mb:
            gateway.mount("POST", f"{base}/files", api.guarded_upload())
            gateway.mount("OPTIONS", f"{base}/files", api.preflight)
        pages = Pages(config)
        gateway.mount("GET", pages.path, pages.hosted)
        gateway.mount("GET", "/widget/{file}", static_file)

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
        """Nothing is held: streams close with the gateway."""
