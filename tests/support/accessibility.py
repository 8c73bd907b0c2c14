"""axe: what it finds wrong with a page, after WCAG 2.0 to 2.2 A and AA and its own best practices."""

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
WIDTHS = (320, 360, 1280)

_AXE = Axe()


def violations(page: Page) -> list[str]:
    """One line for each place that breaks a rule, in the state the page is in; empty when all is well."""
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found = _AXE.run(page, options=options).response["violations"]
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def violations_everywhere(page: Page) -> list[str]:
    """The same at every width, light and dark; the page is resized, not loaded again, and left as found."""
    size = page.viewport_size or {"width": 1280, "height": 900}
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": size["height"]})
            found += [f"{scheme} {width} px: {line}" for line in violations(page)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(size)
    return found


def sideways_overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window; 0 on a page that fits."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
