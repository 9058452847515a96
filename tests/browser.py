"""Chromium without a window, told what to do through a pipe: keys are pressed for true."""

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = "no-first-run disable-gpu disable-quic disable-background-networking disable-sync"
OPTIONS = [f"--{option}" for option in f"headless no-sandbox {QUIET}".split()]
PATIENCE = 30  # seconds
NAMED_KEYS = {"Backspace": 8, " ": 32, "ArrowLeft": 37, "ArrowRight": 39}
CONTROL = 2


class Browser:
    """A page that is open, by the messages of the Chrome DevTools Protocol."""

    def __init__(self, folder: Path, commands: int, answers: int) -> None:
        """Take the ends of the pipes to write to and to read from."""
        self.folder = folder
        self.commands, self.answers = commands, answers
        self.number, self.session = 0, None
        self.rest = b""

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(self._message())
            if answer.get("id") == self.number:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def open(self, address: str) -> None:
        """Show the page at `address` in a tab of its own, of a browser that keeps nothing yet."""
        self.session = None
        own = self.call("Target.createBrowserContext")
        self.call(
            "Browser.setDownloadBehavior",
            behavior="allow",
            downloadPath=str(self.folder / "downloads"),
            **own,
        )
        target = self.call("Target.createTarget", url="about:blank", **own)["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        self.go(address)

    def go(self, address: str) -> None:
        """Lead the open page to `address`, even if it is there."""
        self.run("window.left = true")
        self.call("Page.navigate", url=address)
        self.wait_for(lambda: self.run("!window.left && document.readyState == 'complete'"))

    def run(self, script: str) -> Any:
        """Return the value of `script` in the page."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, *keys: str, modifiers: int = 0) -> None:
        """Press and release keys: characters, or one of `NAMED_KEYS`."""
        for key in keys:
            code = NAMED_KEYS.get(key) or ord(key.upper())
            named = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
            text = {"text": key} if len(key) == 1 and not modifiers else {}
            self.call("Input.dispatchKeyEvent", type="keyDown", **named, **text)
            self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def wait_for(self, there: Callable[[], Any]) -> Any:
        """Return what `there` returns as soon as that is something."""
        deadline = time.monotonic() + PATIENCE
        while not (found := there()):
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)
        return found

    def _message(self) -> bytes:
        while b"\0" not in self.rest:
            assert select.select([self.answers], [], [], PATIENCE)[0], "no answer"
            part = os.read(self.answers, 1 << 20)
            assert part, "the browser is gone"
            self.rest += part
        message, _, self.rest = self.rest.partition(b"\0")
        return message


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Yield a browser whose profile and downloads lie in `folder`, for the block."""
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [CHROMIUM, *OPTIONS, "--remote-debugging-pipe", profile, "about:blank"]
    # Chromium reads from 3 and writes to 4; not every sh knows numbers of two digits
    script = f'exec "$@" 3<&{in_read} 4>&{out_write}'
    process = subprocess.Popen(
        ["bash", "-c", script, "bash", *command],
        pass_fds=(in_read, out_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(in_read)
    os.close(out_write)
    opened = Browser(folder, in_write, out_read)
    try:
        yield opened
    finally:
        process.terminate()
        process.wait(PATIENCE)
        os.close(in_write)
        os.close(out_read)
