"""Pictures of every page and state at 360, 768 and 1280 pixels, light and dark: `make screenshots`.

Plays every scene of `tools.scenes` in a demo of its own and writes `screenshots/<scene>-<width>[-dark].png`
and an `index.html` that shows them all.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from scheduler.app import create_app
from scheduler.settings import Settings
from tools.machine import chromium
from tools.scenes import SCENES, SETTINGS, Scene, Stage, prepare, serving

ROOT = Path(__file__).resolve().parents[1]
HEIGHTS = {360: 760, 768: 860, 1280: 860}
SCHEMES = ("", "-dark")
IN_THE_README = {"days-360": "day-360.png", "practice-week-full-1280": "week-1280.png"}
PASSWORD = "pictures of every page"  # noqa: S105 - of a database that lives for a minute
INDEX = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Every page and state</title>
<style>
body {{ font: 15px/1.4 system-ui; margin: 2rem; background: #eee; color: #222 }}
section {{ margin-bottom: 3rem }}
.row {{ display: flex; gap: 1rem; align-items: flex-start; overflow-x: auto }}
img {{ border: 1px solid #bbb; max-height: 40rem }} code {{ font-size: 13px }}
</style></head><body><h1>{count} pages and states</h1>{sections}</body></html>"""


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", default="", help="parts of the names of the wanted scenes, with commas")
    parser.add_argument("--lang", default="en", help="the language of the pages: de, es, fr, ru")
    parser.add_argument("--width", type=int, choices=HEIGHTS, action="append", help="only this width")
    parser.add_argument("--out", type=Path, default=ROOT / "screenshots")
    parser.add_argument("--docs", action="store_true", help="put the pictures of the README into docs/images")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    wanted = [one for one in SCENES if any(part in one.name for part in given.only.split(","))]
    failed = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for world in dict.fromkeys(one.world for one in wanted):
            with staged(browser, template(Path(folder)), world, given.lang) as stage:
                for one in wanted:
                    if one.world == world and not played(one, stage, given.out, given.width or list(HEIGHTS)):
                        failed.append(one.name)
        browser.close()
    contents(given.out, wanted)
    for name, file in IN_THE_README.items() if given.docs else ():
        shutil.copy(given.out / f"{name}.png", ROOT / "docs" / "images" / file)
    print(f"{len(list(given.out.glob('*.png')))} pictures of {len(wanted)} scenes: {given.out}/index.html")
    if failed:
        sys.exit(f"could not be shown: {', '.join(failed)}")


def played(one: Scene, stage: Stage, folder: Path, widths: list[int]) -> bool:
    """Bring a scene about and take its pictures; what could not be reached is said, the others go on."""
    try:
        page = one.bring(stage)
        take(page, one, folder, widths)
    except Exception as problem:
        print(f"{one.name}: {problem}", file=sys.stderr)
        return False
    return True


def take(page: Page, one: Scene, folder: Path, widths: list[int]) -> None:
    """The page as it is now, resized to every width, light and dark, and left as found."""
    size = page.viewport_size
    page.mouse.move(0, 0)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme="dark" if scheme else "light")
        for width in widths:
            page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            page.wait_for_timeout(120)  # frames tell their new height
            page.screenshot(path=folder / f"{one.name}-{width}{scheme}.png", full_page=one.whole)
    page.emulate_media(color_scheme="light")
    if size:
        page.set_viewport_size(size)


def contents(folder: Path, wanted: list[Scene]) -> None:
    """The page that shows all pictures, scene by scene."""
    sections = []
    for one in wanted:
        pictures = [f"{one.name}-{width}{scheme}.png" for scheme in SCHEMES for width in HEIGHTS]
        images = "".join(f'<img src="{name}" alt="">' for name in pictures if (folder / name).exists())
        heading = f"<h2>{escape(one.told)} <code>{one.name}</code></h2>"
        sections.append(f'<section>{heading}<div class="row">{images}</div></section>')
    page = INDEX.format(count=len(wanted), sections="".join(sections))
    (folder / "index.html").write_text(page, encoding="utf-8")


@contextmanager
def staged(browser: Browser, kept: Path, world: str, language: str) -> Iterator[Stage]:
    """A demo of its own, prepared for the scenes of a world."""
    file = kept.with_name(f"{world.replace(' ', '-')}.sqlite3")
    shutil.copy(kept, file)
    port = free_port()
    values = settings_of(file, f"http://127.0.0.1:{port}") | SETTINGS.get(world, {})
    app = create_app(Settings.from_environment(values))
    with serving(app, port) as url:
        stage = Stage(app, url, file, browser, PASSWORD, language)
        prepare(stage, world)
        yield stage
        stage.close()


def template(folder: Path) -> Path:
    """A database with the demo data, made once; copy it."""
    file = folder / "demo.sqlite3"
    if not file.exists():
        theirs = {
            name: text for name, text in os.environ.items() if not name.startswith(("SCHEDULER_", "MAIL_"))
        }
        environment = theirs | settings_of(file, "http://127.0.0.1")
        for command in (["db", "upgrade"], ["demo-data"]):
            flask = [sys.executable, "-m", "flask", "--app", "wsgi", *command]
            subprocess.run(flask, cwd=ROOT, env=environment, check=True, capture_output=True)
    return file


def settings_of(file: Path, address: str) -> dict[str, str]:
    """Settings of a demo on this database, without limits per source."""
    return {
        "DATABASE_URL": f"sqlite:///{file}",
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


if __name__ == "__main__":
    main()
