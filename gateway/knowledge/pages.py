"""What was fetched from addresses, as it lies in a folder."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gateway.knowledge.sources import Found, digest

FOLDER = "pages"
"""Its name, beside the generations."""
LIST = "pages.json"


class Page(Struct, frozen=True):
    """An address: what there was the last time, when it was asked and what went wrong then.

    Times are in unix seconds. Without a ``kind`` there is nothing yet.
    """

    kind: str = ""
    asked: float = 0.0
    changed: float = 0.0
    reason: str = ""


def listed(folder: Path) -> dict[str, Page]:
    """The pages there are, by the digest of their address. Blocks."""
    with suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode((folder / LIST).read_bytes(), type=dict[str, Page])
    return {}


def keep(folder: Path, pages: dict[str, Page]) -> None:
    """Have these pages and no others. Blocks; raises OSError."""
    replace_file(folder / LIST, msgspec.json.encode(pages))
    for path in folder.iterdir():
        if path.name != LIST and path.name not in pages:
            path.unlink(missing_ok=True)


def replace_file(path: Path, data: bytes) -> bool:
    """Write what has changed, in one step; whether it has. Blocks; raises OSError."""
    with suppress(FileNotFoundError):
        if path.read_bytes() == data:
            return False
    written = path.with_name(f"{path.name}.new")
    written.write_bytes(data)
    written.rename(path)
    return True


def found(urls: Iterable[str], folder: Path) -> list[Found]:
    """The pages of some addresses, as files that can be read. Blocks."""
    known = listed(folder)
    return [
        _found(url, known[id_], folder / id_)
        for url in dict.fromkeys(urls)
        if (id_ := digest(url)) in known
    ]


def _found(url: str, page: Page, file: Path) -> Found:
    seen = Found(digest(url), _shown(url), str(file.resolve()), page.kind)
    if not page.kind:
        return replace(seen, reason=page.reason)
    try:
        size = file.stat().st_size
    except OSError:
        return replace(seen, reason="it is not there any more")
    return replace(seen, size=size, mtime_ns=int(page.changed * 1e9))


def _shown(url: str) -> str:
    """An address without what may be secret in it: the user, the query."""
    parts = urlsplit(url)
    path = unquote(str(PurePosixPath(parts.path or "/")))
    return f"{parts.scheme}://{parts.hostname}{path}"
