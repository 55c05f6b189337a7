"""Everything durable, on the Redis protocol: the inbox, conversations, reply logs, limits."""
