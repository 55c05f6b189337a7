"""What a person can send besides words, and what is said about it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, expect
from widget_acts import eventually, open_widget, say
from widget_standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILES = {"bytes": 1000, "count": 2, "accept": ["image/*", "application/pdf", ".txt"]}
ALL = {"features": {"files": FILES, "voice": True}}
TRANSFER = """(panel, [kind, name, text]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], name, { type: "text/plain" }));
  const target = kind === "paste" ? panel.querySelector("textarea") : panel;
  const data = kind === "paste" ? { clipboardData: transfer } : { dataTransfer: transfer };
  const Kind = kind === "paste" ? ClipboardEvent : DragEvent;
  target.dispatchEvent(new Kind(kind, { bubbles: true, cancelable: true, ...data }));
}"""


def file(name: str, kind: str = "image/png", size: int = 10) -> Any:
    return {"name": name, "mimeType": kind, "buffer": b"x" * size}


async def attach(page: Page, *files: Any) -> None:
    await page.locator("input[type=file]").set_input_files(list(files))


async def test_limits_are_said_before(page: Page, gateway: StandIn) -> None:
    gateway.extra = ALL
    await open_widget(page, gateway)
    await page.get_by_role("button", name="Add files").hover()
    button = page.get_by_role("button", name="Add files (Up to 2 files, 1 kB each)")
    await expect(button).to_be_visible()
    accepted = await page.locator("input[type=file]").get_attribute("accept")
    assert accepted == "image/*,application/pdf,.txt"


async def test_a_file_is_uploaded_and_sent_with_the_message(page: Page, gateway: StandIn) -> None:
    gateway.extra = ALL
    gateway.upload_gate = asyncio.Event()
    await open_widget(page, gateway)
    await attach(page, file("a.png"))
    await expect(page.get_by_role("progressbar", name="a.png")).to_be_visible()
    await say(page, "Look")
    # It waits for the file: nothing is sent without it.
    await expect(page.locator(".sr[role=status]").last).to_have_text("A file is still on its way.")
    assert gateway.commands("messages") == []
    gateway.upload_gate.set()
    await expect(page.locator(".sr[role=status]").last).to_have_text("a.png was added.")
    await page.locator("textarea").press("Enter")
    await eventually(lambda: gateway.commands("messages"))
    assert gateway.commands("messages")[0]["files"] == ["/files/1"]
    await expect(page.locator(".attached")).to_have_count(0)
    await expect(page.locator("[data-role=user] .card")).to_contain_text("a.png")


async def test_files_alone_are_a_message(page: Page, gateway: StandIn) -> None:
    gateway.extra = ALL
    await open_widget(page, gateway)
    await attach(page, file("a.png"), file("b.pdf", "application/pdf"))
    await eventually(lambda: len(gateway.uploads) == 2)
    await expect(page.locator("progress")).to_have_count(0)
    await page.get_by_role("button", name="Send").click()
    await eventually(lambda: gateway.commands("messages"))
    assert gateway.commands("messages")[0]["text"] == ""
    assert sorted(gateway.commands("messages")[0]["files"]) == ["/files/1", "/files/2"]


async def test_an_upload_is_cancelled(page: Page, gateway: StandIn) -> None:
    gateway.extra = ALL
    gateway.upload_gate = asyncio.Event()
    await open_widget(page, gateway)
    await attach(page, file("a.png"))
    await page.get_by_role("button", name="Remove a.png").click()
    await expect(page.locator(".attached")).to_have_count(0)
    gateway.upload_gate.set()
    await say(page, "Nothing with it")
    await eventually(lambda: gateway.commands("messages"))
    assert "files" not in gateway.commands("messages")[0]


async def test_each_file_says_what_is_wrong_with_it(page: Page, gateway: StandIn) -> None:
    gateway.extra = ALL
    refused = (415, {"error": "bad_file", "message": "This is no picture"}, {})
    gateway.refusals["files"] = [refused]
    await open_widget(page, gateway)
    await attach(
        page, file("large.png", size=2000), file("tool.exe", "application/x-exe"), file("odd.png")
    )
    for name, problem in (
        ("large.png", "Larger than 1 kB."),
        ("tool.exe", "Files of this kind are not taken."),
        ("odd.png", "This is no picture"),
    ):
        await expect(page.locator(".attached.wrong", has_text=name)).to_contain_text(problem)
    await attach(page, file("1.png"), file("2.png"), file("3.txt", "text/plain"))
    await expect(page.locator(".wrong")).to_contain_text(["Not more than 2 files at once."])
    await eventually(lambda: sorted(gateway.uploads) == ["1.png", "2.png"])
    await say(page, "Only the good ones")
    await eventually(lambda: gateway.commands("messages"))
    assert len(gateway.commands("messages")[0]["files"]) == 2


@pytest.mark.parametrize("kind", ["paste", "drop"])
async def test_paste_and_drop(page: Page, gateway: StandIn, kind: str) -> None:
    gateway.extra = ALL
    await open_widget(page, gateway)
    await expect(page.locator("[data-action=attach]")).to_be_visible()
    await page.locator(".panel").evaluate(TRANSFER, ["dragover", "a.txt", "x"])
    await expect(page.locator(".panel[data-drop]")).to_have_count(1)
    await page.locator(".panel").evaluate(TRANSFER, [kind, "a.txt", "hello"])
    await eventually(lambda: gateway.uploads == ["a.txt"])


async def test_a_site_without_files_takes_none(page: Page, gateway: StandIn) -> None:
    gateway.extra = {"features": {"voice": True}}
    await open_widget(page, gateway)
    await expect(page.locator("[data-action=record]")).to_be_visible()
    await page.locator(".panel").evaluate(TRANSFER, ["drop", "a.txt", "hello"])
    await expect(page.locator("[data-action=attach]")).to_be_hidden()
    await expect(page.locator(".attached")).to_have_count(0)


async def test_a_voice_message(page: Page, gateway: StandIn) -> None:
    gateway.extra = ALL
    gateway.extra["features"]["files"]["bytes"] = 10_000_000
    await open_widget(page, gateway)
    record = page.get_by_role("button", name="Record a voice message")
    await record.click()
    await expect(page.locator("textarea")).to_be_hidden()
    # The fake microphone beeps: the meter moves.
    await page.wait_for_function(
        "!/scaleX\\(0\\)|^$/.test(document.querySelector('#chat-gateway').shadowRoot"
        ".querySelector('.level').style.transform)"
    )
    await page.get_by_role("button", name="Send the recording").click()
    await eventually(lambda: gateway.commands("messages"))
    assert gateway.uploads == ["voice.webm"]
    assert gateway.commands("messages")[0]["files"] == ["/files/1"]
    await expect(page.locator("textarea")).to_be_visible()
    await record.click()
    await page.get_by_role("button", name="Discard the recording").click()
    await expect(record).to_be_focused()
    assert len(gateway.uploads) == 1


async def test_without_a_microphone_it_says_so(page: Page, gateway: StandIn) -> None:
    gateway.extra = ALL
    await page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('none'))"
    )
    await open_widget(page, gateway)
    await page.get_by_role("button", name="Record a voice message").click()
    await expect(page.get_by_text("The microphone cannot be used.")).to_be_visible()


async def test_the_end_of_a_long_text_is_counted(page: Page, gateway: StandIn) -> None:
    gateway.extra = {**ALL, "limits": {"text": 100}}
    await open_widget(page, gateway)
    await expect(page.locator("[data-action=attach]")).to_be_visible()
    counter = page.locator(".counter")
    await page.locator("textarea").fill("x" * 80)
    await expect(counter).to_have_text("")
    await page.locator("textarea").fill("x" * 95)
    await expect(counter).to_have_text("5 characters left")


async def test_a_draft_survives_a_reload(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    await page.locator("textarea").fill("Half a thou")
    await page.reload()
    await expect(page.locator("textarea")).to_have_value("Half a thou")
    await page.locator("textarea").press("Enter")
    await eventually(lambda: gateway.commands("messages"))
    await page.reload()
    await expect(page.locator("textarea")).to_have_value("")


async def test_a_limit_counts_down(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    slow = (429, {"error": "slow_down", "message": "Too many"}, {"Retry-After": "2"})
    gateway.refusals["messages"] = [slow]
    await say(page, "Hello")
    message = page.locator("[data-role=user]")
    await expect(message).to_contain_text("Too many 2 sec")
    await expect(message).to_contain_text("Too many 1 sec")
    await expect(message).to_have_attribute("data-state", "done")
    await expect(message).not_to_contain_text("Too many")
