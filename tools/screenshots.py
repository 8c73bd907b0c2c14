"""Pictures of every page at 360, 768 and 1280 pixels, light and dark: `python -m tools.screenshots`.

Starts the program on a fresh demo database (or uses `--url`), walks through it
like a visitor and like a therapist, and writes `screenshots/<page>-<width>[-dark].png`.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
WIDTHS = (360, 768, 1280)
PASSWORD = "pictures of every page"  # noqa: S105, of a database that lives for a minute
PRACTICE_PAGES = (
    "",
    "requests",
    "hours",
    "time-off",
    "extra-hours",
    "types",
    "calendars",
    "calendars/new",
    "mail",
    "settings",
    "settings/embed",
    "settings/therapist",
    "account",
    "account/second-factor",
    "appointments/new",
)


@dataclass(frozen=True)
class Album:
    """Where pictures go, and which are wanted."""

    folder: Path
    only: str

    def take(self, page: Page, name: str, *, whole: bool = True) -> None:
        """The page as it is now, resized to every width, light and dark."""
        if self.only not in name:
            return
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 760 if width == 360 else 860})
                page.wait_for_timeout(120)  # frames tell their new height
                file = self.folder / f"{name}-{width}{'-dark' if scheme == 'dark' else ''}.png"
                page.screenshot(path=file, full_page=whole)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 860})


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--url", help="a running demo (default: one is started)")
    parser.add_argument("--password", default=PASSWORD, help="of the demo accounts")
    parser.add_argument("--only", default="", help="part of the names of the wanted pictures")
    parser.add_argument("--out", type=Path, default=ROOT / "screenshots")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    album = Album(given.out, given.only)
    with running(given.url) as url, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for walk in (visitor, mishaps, manage, widget):
            with_page(browser, partial(walk, url=url, album=album))
        with_page(browser, partial(practice, url=url, album=album, password=given.password))
        browser.close()
    print(f"{len(list(given.out.glob('*.png')))} pictures in {given.out}")


def with_page(browser: Browser, walk: Callable[[Page], None]) -> None:
    """Give a walk a browser window of its own; what it could not reach is said, the others go on."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 860}, locale="en-CA", timezone_id="America/Toronto"
    )
    context.set_default_timeout(8000)
    try:
        walk(context.new_page())
    except Exception as problem:
        print(f"stopped early: {problem}", file=sys.stderr)
    finally:
        context.close()


def visitor(page: Page, url: str, album: Album) -> None:
    """The five steps, in English and the first in French."""
    page.goto(f"{url}/book/demo/?lang=fr&tz=America/Toronto")
    album.take(page, "visitor-1-type-fr")
    page.goto(f"{url}/book/demo/?tz=America/Toronto")
    album.take(page, "visitor-1-type")
    page.get_by_role("heading", name="Free first call").get_by_role("link").click()
    album.take(page, "visitor-2-day")
    page.locator("table.month button").nth(2).click()
    album.take(page, "visitor-3-time")
    page.locator("button.slot").nth(5).click()
    album.take(page, "visitor-4-details")
    page.get_by_label("What should I call you?").fill("Vera")
    page.get_by_label("Email").fill("vera@")
    page.locator("button.btn-1").click()
    page.locator(".note.bad").wait_for()
    album.take(page, "visitor-4-details-errors")
    page.get_by_label("Email").fill("vera@visitor.example")
    page.get_by_label("Phone number").fill("514 555 0189")
    page.locator("button.btn-1").click()
    album.take(page, "visitor-5-booked")


def mishaps(page: Page, url: str, album: Album) -> None:
    """A lost time, another zone, request, privacy, an old link."""
    page.goto(f"{url}/book/demo/session?tz=Europe/Paris")
    album.take(page, "visitor-2-day-other-zone")
    page.goto(f"{url}/book/demo/consultation/zone?tz=Europe/Paris")
    album.take(page, "visitor-zone")
    page.goto(f"{url}/book/demo/privacy")
    album.take(page, "visitor-privacy")
    page.goto(f"{url}/appointments/gone")
    album.take(page, "visitor-old-link")
    page.goto(f"{url}/book/demo/intake?tz=America/Toronto")
    page.locator(".early button").first.click()
    page.get_by_label("What should I call you?").fill("Vera")
    page.get_by_label("Email").fill("vera@visitor.example")
    page.locator("[name=policy]").check()
    page.locator("button.btn-1").click()
    album.take(page, "visitor-5-requested")


def manage(page: Page, url: str, album: Album) -> None:
    """The page behind the mail's link: see, move, cancelled."""
    page.goto(f"{url}/book/demo/session?tz=America/Toronto")
    page.locator(".early button").nth(1).click()
    page.get_by_label("What should I call you?").fill("Vera")
    page.get_by_label("Email").fill("vera@visitor.example")
    page.locator("[name=policy]").check()
    page.get_by_text("Video call").click()
    page.locator("button.btn-1").click()
    page.get_by_role("link", name="Change or cancel").click()
    album.take(page, "visitor-manage")
    page.get_by_role("link", name="Choose another time").click()
    album.take(page, "visitor-move")
    page.locator(".early button").nth(2).click()
    album.take(page, "visitor-moved")
    page.get_by_role("button", name="Cancel this appointment").click()
    album.take(page, "visitor-cancelled")


def widget(page: Page, url: str, album: Album) -> None:
    """The widget on the demo website, inline and as a popup."""
    page.goto(f"{url}/demo/")
    album.take(page, "demo-home")
    page.get_by_role("link", name="Book a free first call").click()
    page.frame_locator("iframe").get_by_role("heading", level=1).wait_for()
    album.take(page, "demo-popup", whole=False)
    page.goto(f"{url}/demo/book")
    page.frame_locator("iframe").get_by_role("heading", level=1).wait_for()
    album.take(page, "demo-inline")
    page.goto(f"{url}/demo/fees?lang=fr")
    album.take(page, "demo-fees-fr")


def practice(page: Page, url: str, album: Album, password: str) -> None:
    """The pages behind the sign-in."""
    page.goto(f"{url}/practice/sign-in")
    album.take(page, "practice-sign-in")
    page.locator("input[type=email]").fill("ada@demo.example")
    page.locator("input[type=password]").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/practice/**")
    for name in PRACTICE_PAGES:
        answer = page.goto(f"{url}/practice/{name}")
        if answer and answer.ok:
            album.take(page, f"practice-{name.replace('/', '-') or 'week'}")
        else:
            print(f"/practice/{name} answers {answer.status if answer else 'nothing'}", file=sys.stderr)


@contextmanager
def running(url: str | None) -> Iterator[str]:
    """The address of a running demo: the given one, or one that is started here and ended again."""
    if url:
        yield url.rstrip("/")
        return
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        environment = settings_of(Path(folder), address)
        for command in (["db", "upgrade"], ["demo-data"]):
            flask = [sys.executable, "-m", "flask", "--app", "wsgi", *command]
            subprocess.run(flask, cwd=ROOT, env=environment, check=True, capture_output=True)
        program = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", "wsgi:app"]
        server = subprocess.Popen(program, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            wait_for(address)
            yield address
        finally:
            server.terminate()
            server.wait(10)


def settings_of(folder: Path, address: str) -> dict[str, str]:
    """Settings of a demo on a database of its own, without limits per source."""
    theirs = {name: text for name, text in os.environ.items() if not name.startswith(("SCHEDULER_", "MAIL_"))}
    return theirs | {
        "DATABASE_URL": f"sqlite:///{folder}/pictures.sqlite3",
        "SCHEDULER_ENV": "demo",
        "SCHEDULER_PUBLIC_URL": address,
        "SCHEDULER_RATE_LIMITS": "off",
        "SCHEDULER_DEMO_PASSWORD": PASSWORD,
    }


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(address: str, seconds: float = 30) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(f"{address}/healthz"):  # noqa: S310
            return
        time.sleep(0.1)
    sys.exit("the server did not come up")


if __name__ == "__main__":
    main()
