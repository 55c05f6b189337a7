"""Pictures of the widget that are the same on every machine, and how two of them are compared."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
from PIL import Image, ImageChops
from playwright.async_api import Browser, FloatRect, Page, ViewportSize
from widget_states import NOW

LOOKS = Path(__file__).parent / "looks"
DESKTOP: ViewportSize = {"width": 1000, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}

# Another Chromium, six versions older, differs by more than 8 of 255 in 9 pixels of a picture at
# most (the edges of curves); 2 pixels of misplacement of the smallest button in 50 at least.
CHANNEL = 8
PIXELS = 30

# The characters of every language that the pictures have, and those without ink.
CHARACTERS = range(0x20, 0x2600)
BLANK = {0x20, 0xA0, 0x200E, 0x200F, 0x202F}
EM = 1000
# Edges on whole pixels need no smoothing: a line is as high as the font, half of it wide.
ADVANCES = {"100 500": 500, "501 900": 750}
# A word is one box: nothing shines through between its letters.
SEAM = 40

# What `--cg-font` does not reach, and what browsers draw by themselves.
FIXED = """
  code, .launcher::after { font-family: Boxes !important }
  ::-webkit-resizer { display: none }
  * { font-synthesis: none !important; text-rendering: geometricPrecision !important }
"""
FREEZE = """([faces, css]) => {
  for (const [weight, data] of faces) {
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    document.fonts.add(new FontFace("Boxes", bytes, { weight }));
  }
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    root.adoptedStyleSheets.push(sheet);
    return root;
  };
}"""
# The one way a site gives the widget a font; the page itself has nothing to be seen.
HEAD = (
    '<meta name="viewport" content="width=device-width">'
    "<style>#chat-gateway { --cg-font: Boxes } h1 { visibility: hidden }</style>"
)


@cache
def font(advance: int) -> str:
    """A font whose every letter is a box, in base64."""
    pen = TTGlyphPen(None)
    corners = [(0, 0), (0, EM), (advance + SEAM, EM), (advance + SEAM, 0)]
    pen.moveTo(corners[0])
    for corner in corners[1:]:
        pen.lineTo(corner)
    pen.closePath()
    empty = TTGlyphPen(None).glyph()
    builder = FontBuilder(EM)
    builder.setupGlyphOrder([".notdef", "blank", "box"])
    builder.setupCharacterMap({code: "blank" if code in BLANK else "box" for code in CHARACTERS})
    builder.setupGlyf({".notdef": empty, "blank": empty, "box": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (0, 0), "blank": (advance, 0), "box": (advance, 0)})
    builder.setupHorizontalHeader(ascent=EM, descent=0)
    builder.setupNameTable({"familyName": "Boxes", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=EM, sTypoDescender=0, usWinAscent=EM, usWinDescent=0)
    builder.setupPost()
    data = io.BytesIO()
    builder.save(data)
    return base64.b64encode(data.getvalue()).decode()


def frozen() -> str:
    """What is run in each page before anything else."""
    faces = [[weight, font(advance)] for weight, advance in ADVANCES.items()]
    return f"({FREEZE})({[faces, FIXED]!r})"


@asynccontextmanager
async def still_page(browser: Browser, *, letters: bool = False) -> AsyncIterator[Page]:
    """A page where nothing moves or is kept, no time passes and, without letters, all are boxes."""
    context = await browser.new_context(
        viewport=DESKTOP,
        device_scale_factor=1,
        locale="en-US",
        timezone_id="UTC",
        color_scheme="light",
        reduced_motion="reduce",
    )
    await context.add_init_script("localStorage.clear(); sessionStorage.clear()")
    if not letters:
        await context.add_init_script(frozen())
    page = await context.new_page()
    # The clock of the page only: timers go on.
    await page.clock.set_fixed_time(NOW)
    try:
        yield page
    finally:
        await context.close()


async def picture(page: Page) -> Image.Image:
    """What is to be seen of the page: of a large one, the corner where the widget is."""
    size = page.viewport_size
    assert size is not None
    width, height = size["width"], size["height"]
    clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": height}
    if size == DESKTOP:
        clip = {"x": width - 460, "y": 40, "width": 460, "height": height - 40}
    data = await page.screenshot(clip=clip, animations="disabled")
    return Image.open(io.BytesIO(data)).convert("RGB")


def difference(one: Image.Image, other: Image.Image, channel: int = CHANNEL) -> Image.Image:
    """White where a channel differs by more than that."""
    red, green, blue = ImageChops.difference(one, other).split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return most.point([255 if value > channel else 0 for value in range(256)])


def differing(one: Image.Image, other: Image.Image, channel: int = CHANNEL) -> int:
    """How many pixels differ."""
    assert one.size == other.size
    return difference(one, other, channel).histogram()[255]


def keep(path: Path, image: Image.Image) -> None:
    """With few colours, none further off than browsers are."""
    path.parent.mkdir(exist_ok=True)
    few = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def compare(name: str, now: Image.Image, folder: Path) -> None:
    """With the picture that is kept, unless this one is to be kept."""
    kept = LOOKS / f"{name}.png"
    if os.environ.get("WIDGET_LOOKS") == "renew":
        return keep(kept, now)
    assert kept.exists(), f"there is no {kept}: WIDGET_LOOKS=renew makes it"
    before = Image.open(kept).convert("RGB")
    count = differing(before, now)
    if count > PIXELS:
        now.save(folder / f"{name}.png")
        difference(before, now).save(folder / f"{name}-difference.png")
    hint = f"see {folder}/{name}.png and {name}-difference.png; WIDGET_LOOKS=renew keeps it"
    assert count <= PIXELS, f"{count} pixels of {name} are not as they were: {hint}"
    return None
