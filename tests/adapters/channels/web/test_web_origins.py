"""Which pages may talk to a site."""

import pytest

from adapters.channels.web.origins import Origins
from gateway.ports import Refusal

LISTED = ["https://shop.example"]


def allowed(public_url: str, origin: str, host: str = "gw.example", fetch: str = "") -> bool:
    try:
        return bool(Origins("site", LISTED, public_url).check(origin, host, fetch))
    except Refusal:
        return False


@pytest.mark.parametrize(
    ("public_url", "origin", "host", "fetch", "expected"),
    [
        ("", "https://shop.example", "gw.example", "", True),
        ("", "HTTPS://Shop.Example", "gw.example", "", True),
        ("", "https://gw.example", "gw.example", "", True),
        ("", "http://127.0.0.1:8080", "127.0.0.1:8080", "", True),
        ("", "https://other.example", "gw.example", "", False),
        ("", "", "gw.example", "same-origin", True),
        ("", "", "gw.example", "cross-site", False),
        ("https://gw.example", "https://gw.example", "inner:8080", "", True),
        ("https://gw.example", "https://evil.example", "evil.example", "", False),
        ("https://gw.example", "null", "gw.example", "", False),
    ],
)
def test_origins(public_url: str, origin: str, host: str, fetch: str, expected: bool) -> None:
    assert allowed(public_url, origin, host, fetch) is expected
