"""axe: what it finds wrong with a page, after WCAG 2.0 to 2.2 A and AA and its own best practices."""

from collections.abc import Sequence

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

from tests.support.browser import settle

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
COLOUR_RULES = ("color-contrast", "link-in-text-block")
"""The only rules whose answer differs between light and dark."""

_SCRIPT = Axe().axe_script
_RUN = """options => axe.run(document, options).then(results => results.violations.flatMap(rule =>
    rule.nodes.map(node => `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary}`)))"""


def violations(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """One line for each place that breaks a rule, in the state the page is in; empty when all is well.

    `rules` are the only ones tried, when there are any.
    """
    settle(page)
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SCRIPT)
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": list(TAGS)}
    found: list[str] = page.evaluate(_RUN, {"runOnly": only, "resultTypes": ["violations"]})
    return found


def sideways_overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window; 0 on a page that fits."""
    settle(page)
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
