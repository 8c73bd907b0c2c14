"""When the first booking screen has painted its largest part, on slow networks and a slow phone."""

import statistics
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.databases import database
from bench.processes import server
from tools.machine import chromium

NETWORKS = {"A": (150, 1_600_000), "B": (400, 400_000)}
"""Round trip in ms and bits a second."""
SLOWER = 4
PAINTED = """() => new Promise(done => {
    let last = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => { last = entry.startTime; }))
        .observe({ type: 'largest-contentful-paint', buffered: true });
    setTimeout(() => done(last), 500);
})"""


def largest_paint(folder: Path, scale: int) -> Iterator[tuple[str, float, str]]:
    """LCP of the first screen and of the days of a type, 360 by 740, nothing cached: medians."""
    found = chromium()
    if found is None:
        print("# widget skipped: Chromium is not installed", flush=True)
        return
    with (
        database(folder, past=20_000 // scale) as filled,
        server(filled.url) as running,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        base = f"http://127.0.0.1:{running.port}/book/bench/"
        for name in NETWORKS:
            for screen, address in (("first_screen", base), ("days", f"{base}quarter")):
                times = [painted(browser, address, name) for _ in range(max(1, 7 // scale))]
                yield f"widget.lcp_{name}_{screen}", statistics.median(times), "ms"
        browser.close()


def painted(browser: Browser, address: str, network: str) -> float:
    """Milliseconds until the largest part of a page stands there, on a phone `SLOWER` than this machine."""
    delay, bits = NETWORKS[network]
    context = browser.new_context(viewport={"width": 360, "height": 740}, timezone_id="America/Toronto")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    line = {"latency": delay, "downloadThroughput": bits / 8, "uploadThroughput": bits / 8}
    session.send("Network.emulateNetworkConditions", {"offline": False, **line})
    page.goto(address, wait_until="networkidle")
    page.locator("main h1").wait_for()
    found = float(page.evaluate(PAINTED))
    context.close()
    return found
