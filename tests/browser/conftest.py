"""Chromium, and the verifier page as somebody opens it from their own disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from api.verifier import PACKAGES, build

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NO_WEBCRYPTO = "Object.defineProperty(Crypto.prototype, 'subtle', { get() { return undefined; } });"
NO_ED25519 = """
const importKey = SubtleCrypto.prototype.importKey;
SubtleCrypto.prototype.importKey = function (format, data, algorithm, ...rest) {
  if (algorithm.name === "Ed25519") throw new DOMException("Unrecognized name", "NotSupportedError");
  return importKey.call(this, format, data, algorithm, ...rest);
};
"""

Open = Callable[..., Page]


@pytest.fixture(
    scope="module"
)  # Playwright holds this thread's event loop: it must not outlive the tests that know
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, alone in a directory."""
    if not PACKAGES.is_dir():
        pytest.skip("the packages of the verifier page are not installed: start the tests with ./run test")
    file = tmp_path_factory.mktemp("verifier") / "index.html"
    file.write_bytes(build())
    return file


@pytest.fixture
def opened(chromium: Browser, page_file: Path) -> Iterator[Open]:
    """Opens the page with no network; a word on the console, or a request for anything, fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_it(
        *, before: str = "", fragment: str = "", width: int = 1000, language: str = "en-IN", **options: Any
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, locale=language, offline=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        if before:
            page.add_init_script(before)
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", lambda asked: complaints.append(asked.url) if _is_foreign(asked.url) else None)
        page.goto(page_file.as_uri() + fragment)
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []


def _is_foreign(url: str) -> bool:
    return not url.startswith(("file:", "data:", "blob:"))
