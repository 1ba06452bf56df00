"""Every page in every state meets WCAG 2.2 AA, as far as axe can check it.

axe runs as a script in the page, so JavaScript is on; the site itself has no scripts.
"""

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.page_states import ALL, reached

#: Phone and desktop, light and dark.
VIEWPORTS = [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]
#: WCAG 2.2, 1.4.10: 1280 px at a zoom of 400 %.
NARROWEST = 320

VIOLATIONS = """
async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const {violations} = await axe.run({runOnly: tags, resultTypes: ["violations"]});
    return violations.flatMap(rule => rule.nodes.map(
        node => `${rule.id}: ${node.html} (${node.failureSummary})`
    ));
}
"""
# Links in a sentence are as large as its letters (WCAG 2.2, 2.5.8 excepts them); everything else
# is at least 24 px high and wide.
SMALL_TARGETS = """
() => [...document.querySelectorAll("a, button, input:not([type=hidden], [hidden])")]
    .filter(each => getComputedStyle(each).display !== "inline")
    .map(each => [each, each.getBoundingClientRect()])
    .filter(([, box]) => Math.min(box.width, box.height) < 24)
    .map(([each, box]) => `${each.outerHTML}: ${box.width} x ${box.height}`)
"""


@pytest.mark.parametrize("state", ALL)
def test_every_page_state_is_accessible(state, new_page, engine):
    """axe finds no violation, no target is too small, and a narrow screen needs no scrolling.

    One test for all three, since reaching a state takes longer than checking it.
    """
    # axe would check the colours of a transition that is still running.
    page = new_page(javascript=True, reduced_motion="reduce")
    with reached(state, page, engine):
        page.evaluate(AXE_SCRIPT)
        for width, scheme in VIEWPORTS:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(VIOLATIONS) == [], f"at {width} px, {scheme}"
            assert page.evaluate(SMALL_TARGETS) == [], f"at {width} px, {scheme}"
        page.set_viewport_size({"width": NARROWEST, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == NARROWEST
