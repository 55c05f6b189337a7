"""The outline of a document while it is read: under which headings a block is."""

from gateway.knowledge.model import Section

SEPARATOR = " > "
HEADING_MOST = 200
"""Characters of one heading."""


class Outline:
    """Collects blocks in sections; a section begins at every heading."""

    def __init__(self) -> None:
        self.first = ""
        """The first heading of the highest level: the title of a document that names none."""
        self._highest = 7
        self._tops = 0
        self._path: list[tuple[int, str]] = []
        self._blocks: list[str] = []
        self._sections: list[tuple[list[tuple[int, str]], tuple[str, ...]]] = []

    def enter(self, level: int, heading: str) -> None:
        """Begin a section under a heading; 1 is the highest level. One without text ends another
        and begins nothing."""
        self._close()
        heading = " ".join(heading.split())[:HEADING_MOST]
        self._path = [each for each in self._path if each[0] < level]
        if heading:
            self._path.append((level, heading))
            self._count(level, heading)

    def add(self, block: str) -> None:
        """Put a block into the section that is open."""
        self._blocks.append(block)

    def sections(self) -> tuple[Section, ...]:
        """All of them. The only heading of the highest level is the document's, not a section's."""
        self._close()
        alone = (self._highest, self.first) if self._tops == 1 else None
        return tuple(
            Section(SEPARATOR.join(each[1] for each in path if each != alone), blocks)
            for path, blocks in self._sections
        )

    def _count(self, level: int, heading: str) -> None:
        if level < self._highest:
            self.first, self._highest, self._tops = heading, level, 0
        self._tops += level == self._highest

    def _close(self) -> None:
        if self._blocks:
            self._sections.append((self._path, tuple(self._blocks)))
        self._blocks = []
