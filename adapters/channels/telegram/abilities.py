"""What Telegram was found not to have for a bot."""

from adapters.channels.telegram.errors import Refused

REFUSALS_MOST = 3
"""Drafts that may be refused one after another before it is known that there are none."""
CHATS_MOST = 10_000
"""Chats of which refusals are remembered."""
_EVERYWHERE = 0
_NOT_HERE = "textdraft_peer_invalid"


class Abilities:
    """What Telegram has for one bot, as far as it is known; for the life of the process."""

    def __init__(self) -> None:
        self.rich = True
        self._refusals: dict[int, int] = {}

    def drafts(self, chat: int) -> bool:
        """Whether an answer can be shown there as a draft."""
        refusals = max(self._refusals.get(where, 0) for where in (chat, _EVERYWHERE))
        return refusals < REFUSALS_MOST

    def drafted(self, chat: int) -> None:
        """A draft was taken."""
        for where in (chat, _EVERYWHERE):
            self._refusals.pop(where, None)

    def refuse(self, chat: int, refused: Refused) -> None:
        """A draft was refused, and not because there were too many."""
        where = _EVERYWHERE if refused.code == 404 else chat
        if len(self._refusals) >= CHATS_MOST:
            self._refusals.clear()
        so_far = REFUSALS_MOST if refused.says(_NOT_HERE) else self._refusals.get(where, 0)
        self._refusals[where] = so_far + 1
