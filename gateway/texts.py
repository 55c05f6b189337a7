"""What the gateway itself says to people, in their language.

One language is one file in ``gateway/locales``: flat keys, sentences with ``{named}`` values.
"""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files

DEFAULT = "en"
LONGEST_TAG = 35
"""RFC 5646 promises that a language tag fits; whatever is longer was not written by a browser."""


class Texts:
    """The catalogues of all languages there are."""

    def __init__(self) -> None:
        self.catalogues = _catalogues()

    def get(self, locale: str, key: str, **values: object) -> str:
        """A sentence in the nearest language that has it; English has every key.

        ``locale`` is a BCP 47 tag or empty, and need not be known. Raises KeyError for a key
        English does not have, or a value the sentence needs: both are defects of the caller.
        """
        catalogues = [self.catalogues[tag] for tag in _ranges(locale) if tag in self.catalogues]
        sentence = next((texts[key] for texts in catalogues if key in texts), None)
        return (sentence or self.catalogues[DEFAULT][key]).format_map(values)


def _catalogues() -> Mapping[str, Mapping[str, str]]:
    return {
        entry.name.removesuffix(".json").lower(): json.loads(entry.read_text("utf-8"))
        for entry in (files("gateway") / "locales").iterdir()
        if entry.name.endswith(".json")
    }


def _ranges(locale: str) -> Iterator[str]:
    """The tag, then ever shorter ones: zh-hant-tw, zh-hant, zh."""
    # A POSIX name is tolerated: en_US.UTF-8 is en-us.
    tag = locale[:LONGEST_TAG].split(".")[0].replace("_", "-").lower()
    parts = tag.split("-")
    for length in range(len(parts), 0, -1):
        yield "-".join(parts[:length])
