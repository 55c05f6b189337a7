"""The two ports of the gateway, and what each adapter is handed.

A channel is a door people write through; a bot is what answers. Both are small: whatever only
some of them can do is a protocol of its own beside the required one, and the core asks with
``isinstance``.
"""

from gateway.ports.admission import Abilities, Admission, History, Written
from gateway.ports.bots import (
    Bot,
    CanDescribe,
    CanForget,
    CanIntroduce,
    CanListBots,
    CanRecover,
    CanStop,
    CanTakeFeedback,
    CanTranscribe,
    Description,
    GatewayForBots,
    HasQuota,
    Listed,
    Quota,
)
from gateway.ports.channels import (
    CanCheck,
    CanFetch,
    Channel,
    GatewayForChannels,
    LogsReplies,
    ShowsForms,
)
from gateway.ports.commands import Draft
from gateway.ports.errors import (
    Behind,
    CannotStart,
    FileGone,
    FileRefused,
    NotRouted,
    Refusal,
    ShuttingDown,
    StoreUnavailable,
)
from gateway.ports.handlers import (
    Handler,
    body_of,
)
from gateway.ports.replies import (
    Closing,
    Journal,
    LogEntry,
    LogReader,
    LogWriter,
    NotSent,
    Outcome,
    Reply,
    Sent,
    Undeliverable,
    Unknown,
)

__all__ = [
    "Abilities",
    "Admission",
    "Behind",
    "Bot",
    "CanCheck",
    "CanDescribe",
    "CanFetch",
    "CanForget",
    "CanIntroduce",
    "CanListBots",
    "CanRecover",
    "CanStop",
    "CanTakeFeedback",
    "CanTranscribe",
    "CannotStart",
    "Channel",
    "Closing",
    "Description",
    "Draft",
    "FileGone",
    "FileRefused",
    "GatewayForBots",
    "GatewayForChannels",
    "Handler",
    "HasQuota",
    "History",
    "Journal",
    "Listed",
    "LogEntry",
    "LogReader",
    "LogWriter",
    "LogsReplies",
    "NotRouted",
    "NotSent",
    "Outcome",
    "Quota",
    "Refusal",
    "Reply",
    "Sent",
    "ShowsForms",
    "ShuttingDown",
    "StoreUnavailable",
    "Undeliverable",
    "Unknown",
    "Written",
    "body_of",
]
