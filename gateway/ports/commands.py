"""What an adapter's own commands of the command line are handed."""

from typing import Any

from msgspec import Struct


class Draft(Struct, frozen=True):
    """A configuration file as far as it is written.

    ``sections`` are those of the adapter's own kind, by name, unchecked; variables that are not
    set are empty in it. So a command can help with what has to be done before the file is
    complete. ``public_url`` is ``server.public_url``, without a slash at the end.
    """

    public_url: str
    sections: dict[str, dict[str, Any]]
