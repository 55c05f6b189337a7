"""Chat Gateway: the service between chat channels and bots."""

__version__ = "0.1.0"
