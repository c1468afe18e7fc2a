"""Two engines beside Chromium: Debian's Firefox, through Playwright, and WebKitGTK, through Selenium."""

from __future__ import annotations

import functools
import http.server
import io
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from visits import POLICY

PATCH = Path(__file__).with_name("quiet-media.cjs")
MINIBROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
NO_FIREFOX = "no Firefox: install Debian's firefox-esr or set FIREFOX"
NO_WEBKIT = "no WebKitGTK: install Debian's webkit2gtk-driver, xvfb and xauth"
PATIENCE = 60.0  # seconds
# First in each page: what a console would show. WebKit's driver does not tell it.
SPY = b"""<script>window.sdHeard = [];
addEventListener("error", e => sdHeard.push(e.message || "failed: " + (e.target.src || e.target.href)), true);
addEventListener("unhandledrejection", e => sdHeard.push("rejected: " + e.reason));
addEventListener("securitypolicyviolation", e => sdHeard.push("refused: " + e.violatedDirective + " " + e.blockedURI));
for (const kind of ["error", "warn"]) {
  const plain = console[kind];
  console[kind] = (...words) => { sdHeard.push(kind + ": " + words.join(" ")); plain.apply(console, words); };
}</script>"""


def find_firefox() -> str | None:
    """The browser named by FIREFOX, or the first on the path."""
    named = os.environ.get("FIREFOX")
    return next(
        (path for name in ([named] if named else ["firefox-esr", "firefox"]) if (path := shutil.which(name))), None
    )


def find_webkit() -> tuple[str, str] | None:
    """Driver and browser; None where one of them, or the screen they need, is missing."""
    driver = shutil.which("WebKitWebDriver")
    browsers = sorted(str(path) for path in Path("/").glob(MINIBROWSERS.lstrip("/")))
    screen = os.environ.get("DISPLAY") or shutil.which("Xvfb")
    return (driver, browsers[-1]) if driver and browsers and screen else None


@contextmanager
def firefox(path: str) -> Iterator[Browser]:
    """A headless Firefox, which Playwright drives by WebDriver BiDi."""
    before = os.environ.get("NODE_OPTIONS")
    os.environ["NODE_OPTIONS"] = f"--require={PATCH}"
    try:
        with sync_playwright() as playwright:
            running = playwright.firefox.launch(channel="moz-firefox", executable_path=path)
            yield running
            running.close()
    finally:
        os.environ.pop("NODE_OPTIONS")
        if before is not None:
            os.environ["NODE_OPTIONS"] = before


class _Spying(http.server.SimpleHTTPRequestHandler):
    """Serves the site with the spy in each page, and keeps what was asked for in vain."""

    missing: list[str]

    def __init__(self, *args: Any, missing: list[str], **options: Any) -> None:
        self.missing = missing
        super().__init__(*args, **options)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def send_error(self, code: int, *args: Any, **options: Any) -> None:
        if self.path != "/favicon.ico":  # the bare page around the frame asks for one
            self.missing.append(f"{code} {self.path}")
        super().send_error(code, *args, **options)

    def send_head(self) -> Any:
        file = Path(self.translate_path(self.path))
        if file.suffix != ".html" or not file.is_file():
            return super().send_head()
        body = file.read_bytes().replace(b"<head>", b"<head>" + SPY, 1)
        self.send_response(200)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)


class WebKit:
    """A window of WebKitGTK on the site, and what its pages complained of."""

    def __init__(self, driver: webdriver.WebKitGTK, home: str, missing: list[str]) -> None:
        self.driver, self.home, self.missing = driver, home, missing

    def open(self, page: str, width: int) -> None:
        """A page in a frame of a width: the window itself is never narrower than 447 px."""
        self.missing.clear()
        self.driver.switch_to.default_content()
        self.driver.get(f"{self.home}/_static/documentation_options.js")
        frame = f"<iframe style='border: 0; width: {width}px; height: 844px' src='/{page}'></iframe>"
        self.driver.execute_script("document.body.innerHTML = arguments[0]", frame)
        self.driver.switch_to.frame(0)
        self.until(lambda: self.js("return document.readyState === 'complete' && typeof sdHeard === 'object'"))
        assert self.js("return innerWidth") == width

    def js(self, code: str, *arguments: Any) -> Any:
        """What a piece of JavaScript returns."""
        return self.driver.execute_script(code, *arguments)

    def until(self, holds: Callable[[], Any]) -> Any:
        """Wait until something holds; its value."""
        start = time.monotonic()
        while not (value := holds()):
            assert time.monotonic() < start + PATIENCE, "waited in vain"
            time.sleep(0.05)
        return value

    def until_none(self, listing: str, fault: str) -> None:
        """Wait until a listing in JavaScript is empty: a page settles frame by frame, and a busy machine draws few."""
        start = time.monotonic()
        while told := self.js(f"return ({listing})()"):
            assert time.monotonic() < start + PATIENCE, f"{fault}: {told}"
            time.sleep(0.05)

    def all(self, selector: str) -> list[WebElement]:
        """The elements of a selector."""
        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def step(self, slider: WebElement) -> None:
        """One step with an arrow key, to the right where there is room."""
        at_the_end = float(str(slider.get_property("value"))) >= float(str(slider.get_property("max")))
        slider.send_keys(Keys.ARROW_LEFT if at_the_end else Keys.ARROW_RIGHT)


@contextmanager
def webkit(driver: str, browser: str, site: Path) -> Iterator[WebKit]:
    """WebKitGTK on a served site, on a screen of its own where there is none."""
    missing: list[str] = []
    handler = functools.partial(_Spying, directory=str(site), missing=missing)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options = webdriver.WebKitGTKOptions()
    options.set_capability("webkitgtk:browserOptions", {"binary": browser, "args": ["--automation"]})
    with screen():
        running = webdriver.WebKitGTK(options=options, service=webdriver.WebKitGTKService(driver))
        try:
            running.set_window_rect(0, 0, 1320, 980)
            yield WebKit(running, f"http://127.0.0.1:{server.server_port}", missing)
        finally:
            running.quit()
            server.shutdown()
            server.server_close()


@contextmanager
def screen() -> Iterator[None]:
    """The screen at hand, or a virtual one."""
    if os.environ.get("DISPLAY"):
        yield
        return
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as told:
            os.environ["DISPLAY"] = f":{told.readline().strip()}"
        yield
    finally:
        os.environ.pop("DISPLAY", None)
        process.terminate()
        process.wait(20)
