"""A headless Chromium driven by its DevTools protocol: only what the tests of the IDE need."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.patience import patiently

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BINARY = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0")
COMPLAINTS = ("Runtime.exceptionThrown", "Log.entryAdded")
PATIENCE_SECONDS = 30.0


class Page:
    """One page: what it requested, what it complained about, and its JavaScript."""

    def __init__(self, socket: ClientConnection) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._socket = socket
        self._session: str | None = None
        self._answers: dict[int, asyncio.Future[Any]] = {}

    async def open(self) -> None:
        """Make the tab and listen to its console, log and network."""
        target = await self.call("Target.createTarget", url="about:blank")
        attached = await self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.call(f"{domain}.enable")

    async def call(self, method: str, **params: object) -> Any:
        """Answer of one protocol method; RuntimeError with the browser's words."""
        number = len(self._answers) + 1
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        await self._socket.send(json.dumps(message))
        return await asyncio.wait_for(answer, PATIENCE_SECONDS)

    async def listen(self) -> None:
        """Sort what the browser says until the connection ends."""
        async for text in self._socket:
            message = json.loads(text)
            if "id" in message:
                self._settle(message)
            else:
                self._note(message["method"], message["params"])

    def _settle(self, message: dict[str, Any]) -> None:
        answer = self._answers[message["id"]]
        if "error" in message:
            answer.set_exception(RuntimeError(str(message["error"])))
        else:
            answer.set_result(message["result"])

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method in ("Network.requestWillBeSent", "Network.webSocketCreated"):
            self.requests.append(params["request"]["url"] if "request" in params else params["url"])
        said_error = method == "Runtime.consoleAPICalled" and params["type"] == "error"
        if method in COMPLAINTS or said_error:
            self.complaints.append(json.dumps(params, ensure_ascii=False)[:2000])

    async def run(self, script: str) -> Any:
        """Value of an expression in the page, awaited; RuntimeError when it throws."""
        answer = await self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description"))
        return answer["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until an expression is truthy; AssertionError when it never becomes so."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while not await self.run(f"!!({script})"):
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"never true: {script}\n{self.complaints}")
            await asyncio.sleep(0.05)

    async def click(self, label: str) -> None:
        """Press the button with this text or aria-label, once it is there."""
        find = f"""[...document.querySelectorAll('button')].find(one =>
            (one.ariaLabel ?? one.innerText).startsWith({json.dumps(label)}) && !one.disabled)"""
        await self.until(f"(one => one && (one.click(), true))({find})")

    async def fill(self, selector: str, text: str) -> None:
        """Type into a field as a keyboard would."""
        await self.until(f"(one => one && (one.focus(), true))({_find(selector)})")
        await self.call("Input.insertText", text=text)

    async def text(self, selector: str) -> str:
        """The visible text of an element, empty when it is not there."""
        return str(
            await self.run(f"({_find(selector)}?.innerText ?? '').replaceAll('\\u00a0',' ')")
        )


def _find(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})"


@contextlib.asynccontextmanager
async def new_page(profile: Path) -> AsyncIterator[Page]:
    """A page of a fresh browser whose data lives in `profile`; the browser ends with it."""
    assert BINARY is not None
    browser = await asyncio.create_subprocess_exec(
        BINARY, *FLAGS, f"--user-data-dir={profile}", stderr=asyncio.subprocess.PIPE
    )
    try:
        async with patiently("the browser to listen"):
            address = await _address(browser)
        async with connect(address, max_size=None, ping_interval=None) as socket:
            page = Page(socket)
            listening = asyncio.create_task(page.listen())
            await page.open()
            yield page
            listening.cancel()
    finally:
        browser.terminate()
        await browser.communicate()


async def _address(browser: asyncio.subprocess.Process) -> str:
    assert browser.stderr is not None
    async for line in browser.stderr:
        if line.startswith(b"DevTools listening on "):
            return line.decode().split()[-1]
    raise RuntimeError("the browser ended before it listened")
