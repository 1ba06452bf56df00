"""throw-away: screenshots + incomplete axe"""
import sys, pathlib, subprocess, json
sys.path.insert(0, "/work/main")
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from tests.browser.states import ALL, reached
OUT = pathlib.Path("/tmp/shots2"); OUT.mkdir(exist_ok=True)
@pytest.mark.parametrize("state", ALL)
def test_shoot(state, new_page, engine):
    page = new_page(javascript=True, reduced_motion="reduce")
    with reached(state, page, engine):
        for w in (360, 1280):
            for c in ("light", "dark"):
                page.set_viewport_size({"width": w, "height": 800}); page.emulate_media(color_scheme=c)
                page.screenshot(path=OUT / f"{state.replace(' ','-').replace(',','')}-{w}-{c}.png", full_page=True)
        page.evaluate(AXE_SCRIPT)
        inc = page.evaluate("async () => (await axe.run({resultTypes:['violations','incomplete']})).incomplete.map(r => r.id + ': ' + r.nodes.map(n => n.html).join(' | ').slice(0,300))")
        viol = page.evaluate("async () => (await axe.run()).violations.map(r => r.id + ': ' + r.nodes.map(n => n.html).join(' | ').slice(0,300))")
        if inc or viol: print("AXE", state, inc, viol)
