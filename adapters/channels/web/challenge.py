"""The challenge: whether what a visitor's browser solved is a solution."""

import msgspec
import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout
from msgspec import Struct

from adapters.channels.web.settings import ChallengeConfig
from gateway.ports import Refusal

SECONDS = 5.0
BODY_MOST = 64 * 1024
SOLUTION_LONGEST = 4096

log = structlog.get_logger(__name__)


class _Verdict(Struct):
    success: bool = False


class Challenge:
    """Has solutions verified where the operator says. That address is the operator's own word, as
    a bot's is, so it may be private; it is not followed anywhere else."""

    def __init__(self, config: ChallengeConfig, http: ClientSession) -> None:
        self._config = config
        self._http = http

    async def verify(self, solution: str, address: str) -> bool:
        """Whether it is one. Raises Refusal when nobody can say now."""
        if not solution or len(solution) > SOLUTION_LONGEST:
            return False
        form = {
            "secret": self._config.secret.get_secret_value(),
            "response": solution,
            "remoteip": address,
        }
        try:
            async with self._http.post(
                self._config.address,
                data=form,
                allow_redirects=False,
                timeout=ClientTimeout(total=SECONDS),
            ) as response:
                verdict = await response.content.read(BODY_MOST)
            return msgspec.json.decode(verdict, type=_Verdict).success
        except (ClientError, TimeoutError, msgspec.DecodeError, UnicodeDecodeError) as error:
            # Whoever lets everybody in then has no challenge at all.
            log.warning("challenge cannot be verified", reason=type(error).__name__)
            raise Refusal(503, "unavailable", "Try again in a moment.", retry_after=5) from None

    def required(self, message: str) -> Refusal:
        """What a visitor is told who has not passed it."""
        refusal = Refusal(403, "challenge_required", message)
        refusal.details["challenge"] = {"kind": self._config.kind, "key": self._config.key}
        return refusal

    @property
    def after_messages(self) -> int:
        """After how many messages of a visitor it is asked for."""
        return self._config.after_messages
