"""The suites that every channel, every bot and every store must pass."""
