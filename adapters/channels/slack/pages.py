"""Pages for people who install the app: a sentence, and a link to go on."""

import base64
import hashlib
import re
from html import escape

from aiohttp import web

STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}"
    "@media(prefers-color-scheme:dark){body{background:#1a1d21;color:#eee}a{color:#7ab8ff}}"
)
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
_LANGUAGE = re.compile(
    r"\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?"
)
LONGEST_HEADER = 200


def language(header: str) -> str:
    """The language a browser wants most, a BCP 47 tag; empty when it names none."""
    ranked = [
        (-float(match[2] or 1), number, match[1])
        for number, part in enumerate(header[:LONGEST_HEADER].split(","))
        if (match := _LANGUAGE.fullmatch(part))
    ]
    return min(ranked)[2] if ranked else ""


def page(status: int, lang: str, title: str, text: str, link: str, label: str) -> web.Response:
    """A whole page, with a link unless that is empty."""
    anchor = f'<p><a href="{escape(link)}">{escape(label)}</a></p>\n' if link else ""
    html = (
        f'<!doctype html>\n<html lang="{escape(lang)}">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>{STYLE}</style>\n<h1>{escape(title)}</h1>\n<p>{escape(text)}</p>\n{anchor}</html>\n"
    )
    headers = {
        "Content-Security-Policy": POLICY,
        # The address holds the code.
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return web.Response(status=status, text=html, content_type="text/html", headers=headers)
