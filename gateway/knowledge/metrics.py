"""What the operator sees of knowledge. Labels are the names of the configuration, never words."""

from prometheus_client import Counter, Histogram

from gateway.telemetry import REGISTRY

REQUESTS = Counter(
    "knowledge_requests",
    "Retrievals by knowledge and status; without a knowledge while none is known.",
    ["knowledge", "status"],
    namespace="chat_gateway",
    registry=REGISTRY,
)
SECONDS = Histogram(
    "knowledge_seconds",
    "From a retrieval's request to its answer.",
    ["knowledge"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4),
    namespace="chat_gateway",
    registry=REGISTRY,
)
