"""What Slack's refusals mean for an answer that is being written."""

OVER = frozenset({"message_not_in_streaming_state", "message_not_found"})
"""The stream is no more."""
STOPPED = "stopped_by_user"
LIVE = "streaming_state_conflict"
"""The message is a stream that still runs."""
TOO_LONG = frozenset({"msg_too_long", "msg_blocks_too_long", "msg_blocks_too_many"})
BAD_BLOCKS = TOO_LONG | {"invalid_blocks", "invalid_blocks_format", "markdown_text_conflict"}
LOST = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
"""The message cannot be changed any more."""
NO_STREAMS = frozenset(
    {"unknown_method", "method_deprecated", "feature_not_enabled", "feature_disabled"}
)
"""The workspace has no streams at all."""
NO_STREAM_HERE = frozenset(
    {
        "channel_type_not_supported",
        "invalid_thread_ts",
        "missing_recipient_team_id",
        "missing_recipient_user_id",
        "not_allowed",
        "not_allowed_token_type",
        "not_subscribed_to_message_stream_stopped",
        "team_not_found",
        "user_not_found",
    }
)
"""There are no streams in this conversation, or for this person."""
FOR_A_WHILE = frozenset({"org_login_required", "team_added_to_org", "token_expired"})
"""What passes. All other refusals of a message are for good."""
