"""What a page weighs, how it jumps, how it is reached by keys, and how large its targets are, in Chromium."""

import gzip
from dataclasses import dataclass, field

from playwright.sync_api import Page, Request, Response

from tests.support.browser import settle

WATCH_SHIFTS = """window.shifted = 0;
let since = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => {
    if (entry.startTime >= since) window.shifted += entry.value;
})).observe({ type: 'layout-shift', buffered: true });
const open = document.open;
document.open = function () {
    open.call(this);
    window.shifted = 0;
    since = performance.now();
};"""
"""Every shift of the screen counts, also those that an input would excuse. A next step begins at nothing."""

FRESH = """() => {
    const parts = performance.getEntriesByType('resource').filter(entry => entry.initiatorType !== 'fetch');
    performance.clearResourceTimings();
    return parts.filter(entry => entry.transferSize > 0).map(entry => [entry.name, entry.encodedBodySize]);
}"""
"""Stylesheets and scripts that came over the line since the last look; pages are weighed packed."""

SMALL = """least => {
  const found = [];
  const round = size => Math.round(size * 10) / 10;
  const shown = element => element.type !== 'hidden' && element.checkVisibility({ visibilityProperty: true })
    && !element.closest('.sr, [inert]') && !(element.tabIndex < 0 && element.closest('[aria-hidden]'));
  for (const element of document.querySelectorAll('a[href], button, input, select, textarea, summary')) {
    if (!shown(element)) continue;
    const style = getComputedStyle(element);
    const sentence = element.parentElement.textContent.trim() !== element.textContent.trim();
    if (element.matches('a, button.link') && style.display === 'inline' && sentence) continue;
    const whole = ['radio', 'checkbox'].includes(element.type) ? element.closest('label')
      : getComputedStyle(element, '::after').position === 'absolute' ? element.closest('.type') : null;
    const box = (whole ?? element).getBoundingClientRect();
    const width = element.closest('table.month') ? least - 1 : least;
    if (box.height < least - 0.05 || box.width < width - 0.05)
      found.push(`${element.outerHTML.slice(0, 90)}: ${round(box.width)} x ${round(box.height)}`);
  }
  return found;
}"""
"""Links within a sentence are exempt (WCAG 2.5.8); a day of the month may be 43 wide (DESIGN.md, 2)."""

FOCUS = """() => {
  const active = document.activeElement;
  if (!active || active === document.body || active === document.documentElement) return null;
  const around = [active, active.closest('label'), active.closest('.type'), active.nextElementSibling];
  const drawn = style => `${style.outlineStyle} ${style.outlineWidth} ${style.boxShadow}`;
  const look = () => around.map(element => element && drawn(getComputedStyle(element)));
  const focused = look();
  active.blur();
  const resting = look();
  active.focus({ preventScroll: true, focusVisible: true });
  const box = active.getBoundingClientRect();
  const name = active.id || active.name || active.textContent.trim().slice(0, 40);
  return { name, seen: focused.some((style, at) => style !== resting[at] && /solid [2-9]px/.test(style)),
      inside: box.bottom > 0 && box.top < innerHeight };
}"""


def gzipped(content: bytes) -> int:
    """Bytes on the line: a proxy packs the pages, which the program does not."""
    return len(gzip.compress(content, 9, mtime=0))


@dataclass
class Scale:
    """Weighs each screen of one page: its document, and what had to be fetched for it."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    _documents: list[Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(WATCH_SHIFTS)
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)

    def weigh(self) -> int:
        """Bytes of the screen that stands there now, packed, and of what was fetched since the last one."""
        self.page.wait_for_load_state("networkidle")
        settle(self.page)
        fresh: list[tuple[str, int]] = self.page.evaluate(FRESH)
        weight = sum(gzipped(answer.body()) for answer in self._documents) + sum(size for _, size in fresh)
        self._documents.clear()
        return weight

    def shifted(self) -> float:
        """How far the screen has jumped since it was opened."""
        return float(self.page.evaluate("window.shifted"))

    def _asked(self, request: Request) -> None:
        if not request.url.startswith("data:"):
            self.requests.append(request)

    def _answered(self, response: Response) -> None:
        is_page = response.headers.get("content-type", "").startswith("text/html")
        if is_page and response.status == 200:
            self._documents.append(response)


@dataclass
class Keys:
    """Somebody without a mouse; every press counts but for typing, and each stop is looked at."""

    page: Page
    presses: int = 0
    unseen: list[str] = field(default_factory=list)

    def press(self, key: str) -> None:
        """One press."""
        self.page.keyboard.press(key)
        self.presses += 1

    def tab_to(self, selector: str) -> None:
        """Press Tab until the focus is there; fails after 40 presses."""
        for _ in range(40):
            self.press("Tab")
            stop = self.page.evaluate(FOCUS)
            if stop and not (stop["seen"] and stop["inside"]):
                self.unseen.append(f"{self.page.title()}: {stop['name']}")
            if self.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                return
        raise AssertionError(f"Tab does not come to {selector}")

    def enter(self, arrive: str) -> None:
        """Press Enter, and wait for what must be on the next screen."""
        self.press("Enter")
        self.page.locator(arrive).first.wait_for()
        settle(self.page)

    def type(self, text: str) -> None:
        """Typing is no press."""
        self.page.keyboard.type(text)
