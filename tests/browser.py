"""A headless Chromium that opens pages, where one is installed.

Spoken to through two pipes, by the protocol of its developer tools.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import time

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_SECONDS = 60


class Browser:
    """One browser with one page. Use it in a ``with`` statement.

    Parameters
    ----------
    profile : path-like
        Folder for what the browser writes.
    """

    def __init__(self, profile):
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        command = [
            CHROMIUM,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-background-networking",
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            "about:blank",
        ]
        # The browser reads from 3 and writes to 4.
        shell = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", shell, "bash", *command],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._buffer, self._n_calls, self._session = b"", 0, None
        self.requests, self.complaints = [], []
        try:
            target = self._call("Target.createTarget", url="about:blank")["targetId"]
            attached = self._call(
                "Target.attachToTarget", targetId=target, flatten=True
            )
            self._session = attached["sessionId"]
            for domain in ("Page", "Network", "Log"):
                self._call(f"{domain}.enable")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()

    def close(self):
        """End the browser."""
        self._process.kill()
        self._process.wait()
        os.close(self._write)
        os.close(self._read)

    def open(self, path, *, width, dark=False):
        """Open a file on a screen of some width, and note what it asks for.

        Addresses that the page asks for stand in `requests`, what the browser
        complains about in `complaints`.
        """
        metrics = {"width": width, "height": 1000, "deviceScaleFactor": 1}
        self._call("Emulation.setDeviceMetricsOverride", mobile=width < 600, **metrics)
        scheme = {
            "name": "prefers-color-scheme",
            "value": "dark" if dark else "light",
        }
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        self.requests.clear()
        self.complaints.clear()
        self._call("Page.navigate", url=path.resolve().as_uri())
        self._until(lambda message: message.get("method") == "Page.loadEventFired")

    def ask(self, expression):
        """Value of a JavaScript expression on the page."""
        said = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        return said["result"]["value"]

    def photograph(self, path):
        """Write the whole page as a PNG file."""
        shot = self._call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _call(self, method, **params):
        self._n_calls += 1
        message = {"id": self._n_calls, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        answer = self._until(lambda message: message.get("id") == self._n_calls)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _until(self, is_wanted):
        end = time.monotonic() + _SECONDS
        while True:
            while b"\0" not in self._buffer:
                left = end - time.monotonic()
                ready, _, _ = select.select([self._read], [], [], max(left, 0))
                data = os.read(self._read, 1 << 16) if ready else b""
                if not data:
                    raise RuntimeError("Chromium does not answer.")
                self._buffer += data
            text, self._buffer = self._buffer.split(b"\0", 1)
            message = json.loads(text)
            params = message.get("params", {})
            if message.get("method") == "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            elif message.get("method") == "Log.entryAdded":
                self.complaints.append(params["entry"]["text"])
            if is_wanted(message):
                return message
