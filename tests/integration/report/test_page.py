"""What a reader does with the report, in Chromium; nothing may load, fail or run on the way."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.report_marts import report_marts
from python_jobs.reporting.html.assembling import assemble
from python_jobs.reporting.html.contents import contents
from tests.integration.report.browser import chromium, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

COUNT = 1_500
HOSTILE = (
    "</script><script>window.ran = 1</script>",
    '<img src=x onerror="window.ran = 1">',
    '=HYPERLINK("http://127.0.0.1/") \' onfocus=window.ran=1 autofocus',
    "safe \u202etxt.exe\u202c \u2067name",
    "<svg onload=window.ran=1> ${window.ran=1} {{SCRIPT}}",
    "javascript:window.ran=1//</style>",
)
AXE = "4.14.1"
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("report") / "report.html", ())


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("report") / "hostile.html", HOSTILE)


def written(path: Path, planted: tuple[str, ...], *, redacted: bool = False) -> Path:
    inside = contents(report_marts(COUNT, planted), redacted=redacted, max_texts=None)
    path.write_text(assemble(inside, title=planted[0] if planted else "Report"), encoding="utf-8")
    return path


def test_nothing_planted_runs_and_all_of_it_is_shown(browser: Any, hostile: Path) -> None:
    with opened(browser, hostile) as page:
        tab = page.tab
        for summary in tab.query_selector_all(".menu > summary, #health-fold > summary"):
            summary.click()
        tab.fill("#quotes input", "window.ran")
        page.until("document.querySelectorAll('.quotes mark').length > 2")
        seen = tab.inner_text("body")
        tab.fill("#quotes input", "[U+202E]")
        page.until("document.querySelector('.quotes mark')?.textContent === '[U+202E]'")
        for text in (HOSTILE[0], HOSTILE[1], HOSTILE[4]):
            assert text in seen
        assert "[U+202E]txt.exe[U+202C] [U+2067]name" in tab.inner_text("#quotes")
        tab.click(".label >> nth=0")
        assert tab.evaluate("window.ran") is None
        assert (
            tab.evaluate("document.querySelectorAll('img, iframe, a[href^=javascript]').length")
            == 0
        )
        assert tab.title() == HOSTILE[0]


def test_a_hostile_address_changes_nothing_but_the_view(browser: Any, file: Path) -> None:
    fragment = (
        "#seg=%3Cimg%20src=x%20onerror=alert(1)%3E&tree=__proto__&from=x&lasso=1,2,zz&q=%3Cb%3E"
    )
    with opened(browser, file, fragment) as page:
        assert page.count() == COUNT


def test_filters_leave_what_they_say(browser: Any, file: Path) -> None:
    feedback = report_marts(COUNT).feedback
    with opened(browser, file) as page:
        tab = page.tab
        tab.click("[data-value=star1]")
        assert page.count() == feedback["rating"].count(1)
        tab.click("[data-value=starnone]")
        assert page.count() == feedback["rating"].count(1) + feedback["rating"].count(None)
        tab.click("text=Reset all")
        tab.click("#menu-source > summary")
        tab.check("[data-value='source:chat']")
        assert page.count() == feedback["source"].count("chat")
        tab.keyboard.press("Escape")
        tab.fill("[data-value=from]", "2025-06-02")
        tab.dispatch_event("[data-value=from]", "change")
        later = [
            source
            for source, at in zip(feedback["source"], feedback["created_at"], strict=True)
            if at.isoformat() >= "2025-06-02"
        ]
        assert page.count() == later.count("chat")
        assert page.address() == "from=2025-06-02&source=chat"
        assert "Within your filters" in tab.inner_text("#fix")
        tab.click("text=Reset all")
        tab.click("#menu-language > summary")
        tab.check("[data-value='language:de']")
        assert page.count() == feedback["language"].count("de")
        assert page.address() == "language=de"
        tab.keyboard.press("Escape")
        tab.click("text=Reset all")
        tab.click("[data-value='tagfit']")
        assert page.count() == feedback["categories"].count("fit")


def test_what_filters_add_up_to_is_what_the_marts_say(browser: Any, file: Path) -> None:
    """All ratings, one by one, are everything: counted by the page, and read from the marts."""
    shown = "[...document.querySelectorAll('.tile')].map(e => e.getAttribute('title')).sort()"
    with opened(browser, file) as page:
        tab = page.tab
        before, line = tab.evaluate(shown), tab.get_attribute("#panel .stroke", "d")
        for star in ("1", "2", "3", "4", "5", "none"):
            tab.click(f"[data-value=star{star}]")
        assert page.count() == COUNT
        assert "Within your filters" in tab.inner_text("#fix")
        assert tab.evaluate(shown) == before
        assert tab.get_attribute("#panel .stroke", "d") == line


def test_one_goes_into_a_segment_and_back(browser: Any, file: Path) -> None:
    with opened(browser, file) as page:
        tab = page.tab
        tab.focus("[data-value='c3']")
        tab.keyboard.press("Enter")
        assert page.address() == "seg=c3"
        title = tab.inner_text("#panel h3")
        assert page.count() < COUNT
        assert len(tab.query_selector_all(".tile")) == 4
        tab.click(".tile >> nth=0")
        assert page.address() != "seg=c3"
        tab.go_back()
        assert tab.inner_text("#panel h3") == title
        tab.click(".crumbs button >> nth=0")
        assert (page.address(), page.count()) == ("", COUNT)
        tab.click("[data-value=icicle]")
        tab.click("[data-value=change]")
        assert "points" in (tab.get_attribute(".tile >> nth=0", "title") or "")


def test_quotes_are_paged_and_searched(browser: Any, file: Path) -> None:
    with opened(browser, file) as page:
        tab = page.tab
        first = tab.inner_text(".quotes")
        tab.click("#quotes [data-value=next]")
        assert "page 2 of" in tab.inner_text(".pager")
        assert tab.inner_text(".quotes") != first
        tab.fill("#quotes input", "courier parcel")
        tab.wait_for_selector(".quotes mark")
        assert {each.lower() for each in tab.locator(".quotes mark").all_inner_texts()} == {
            "courier parcel"
        }
        assert page.address() == "q=courier+parcel"
        tab.fill("#quotes input", "no such words at all")
        tab.wait_for_selector("text=Nothing matches.")


def test_the_address_holds_the_view(browser: Any, file: Path) -> None:
    with opened(browser, file, "#rating=1&rating=2&seg=c2&tree=icicle&dots=rating") as page:
        count, title = page.count(), page.tab.inner_text("#panel h3")
        shared = page.address()
    with opened(browser, file, f"#{shared}") as page:
        assert (page.count(), page.tab.inner_text("#panel h3")) == (count, title)
        assert page.tab.get_attribute("[data-value=icicle]", "aria-pressed") == "true"
        assert page.tab.get_attribute("#map [data-value=rating]", "aria-pressed") == "true"


# As if there were a graphics card, so that the other way to draw is tried, too.
CARD = """Object.defineProperty(WebGL2RenderingContext.prototype, 'getExtension', {
  value: () => null });"""


@pytest.mark.parametrize("before", ["", CARD], ids=["canvas", "webgl"])
def test_the_map_is_moved_asked_and_drawn_on(browser: Any, file: Path, before: str) -> None:
    with opened(browser, file, before=before) as page:
        tab = page.tab
        assert tab.evaluate("insightsMap.name") == ("WebGL" if before else "canvas")
        tab.locator("#map").scroll_into_view_if_needed()
        page.until("insightsMap.frames.length > 0")
        labels = tab.locator(".label").count()
        assert labels
        for _ in range(4):
            tab.click("[aria-label='Zoom in']")
        tab.wait_for_timeout(100)
        assert tab.locator(".label.deeper").count()
        tab.focus(".stage canvas")
        tab.keyboard.press("0")
        tab.wait_for_timeout(100)
        assert tab.locator(".label").count() == labels
        box = tab.locator(".stage canvas").bounding_box()
        assert _hover_finds_a_point(tab, box)
        tab.click("[aria-label^='Draw around']")
        left, top = box["x"], box["y"]
        tab.mouse.move(left + 20, top + 20)
        tab.mouse.down()
        for x, y in ((0.55, 0.05), (0.55, 0.95), (0.02, 0.95)):
            tab.mouse.move(left + x * box["width"], top + y * box["height"], steps=4)
        tab.mouse.up()
        assert 0 < page.count() < COUNT
        assert page.address().startswith("lasso=")
        assert "Within your filters" in tab.inner_text("#fix")
        tab.click("text=drawn on the map")
        assert page.count() == COUNT


def _hover_finds_a_point(tab: Any, box: dict[str, float]) -> bool:
    for step in range(1, 40):
        x = box["x"] + box["width"] * (0.1 + 0.8 * ((step * 7) % 40) / 40)
        y = box["y"] + box["height"] * (0.1 + 0.8 * step / 40)
        tab.mouse.move(x, y)
        if tab.locator(".tip").is_visible():
            return "F00" in tab.inner_text(".tip")
    return False


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_no_serious_fault(
    browser: Any, file: Path, axe: str, width: int, scheme: str
) -> None:
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    with opened(browser, file, **options) as page:
        tab = page.tab
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        if width == 390:
            tab.click("text=Filters")
        tab.click("#health-fold > summary")
        tab.evaluate(axe)
        found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
        faults = [
            (each["id"], [node["html"][:160] for node in each["nodes"][:3]])
            for each in found["violations"]
            if each["impact"] in SERIOUS
        ]
        assert faults == []


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core (MPL-2.0) from npm, into a folder of the test's own; no part of the project."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("axe")
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
    installed = subprocess.run(
        [npm, "install", *options, f"axe-core@{AXE}"], capture_output=True, timeout=120, check=False
    )
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if installed.returncode or not script.exists():
        pytest.skip("npm could not install axe-core")
    return script.read_text(encoding="utf-8")


def test_it_prints_and_takes_the_chosen_colours(browser: Any, file: Path) -> None:
    with opened(browser, file, color_scheme="light") as page:
        tab = page.tab
        light = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        for _ in range(2):
            tab.click("#tools button")
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") != light
        pdf = tab.pdf(format="A4")
        assert pdf.startswith(b"%PDF")
        assert len(pdf) > 30_000


def test_health_says_what_the_run_was_made_with(browser: Any, file: Path) -> None:
    with opened(browser, file) as page:
        page.tab.click("#health-fold > summary")
        seen = page.tab.locator(".pairs").all_inner_texts()
        assert [text.split("\n") for text in seen] == [
            ["max noise share", "0.05", "min cluster size", "30", "seed", "42"],
            ["igraph", "0.11.9"],
        ]


def test_without_any_run_it_opens_and_filters(browser: Any, tmp_path: Path) -> None:
    """Feedback was loaded, and nothing else has happened."""
    marts = report_marts(60)
    for columns in marts.marts.values():
        for values in columns.values():
            values.clear()
    for name in ("cluster_path", "x", "y", "categories", "rating", "product", "language"):
        marts.feedback[name] = [None] * 60
    file = tmp_path / "empty.html"
    inside = contents(marts, redacted=False, max_texts=None)
    file.write_text(assemble(inside, title="Nothing yet"), encoding="utf-8")
    with opened(browser, file) as page:
        assert "No cluster run has been published yet." in page.tab.inner_text("#segments")
        assert "Nothing has been tagged yet." in page.tab.inner_text("#tags")
        assert not page.tab.locator("#menu-language").count()
        page.tab.click("[data-value=star1]")
        assert page.count() == 0
        page.tab.click("[data-value=category]")


def test_redacted_says_so_and_shows_no_text(browser: Any, tmp_path: Path) -> None:
    file = written(tmp_path / "redacted.html", (), redacted=True)
    with opened(browser, file) as page:
        assert "Quotes and texts were left out" in page.tab.inner_text("#quotes")
        body = page.tab.evaluate("document.body.textContent")
        assert not [text for text in report_marts(COUNT).feedback["feedback_text"] if text in body]
        assert json.loads(page.tab.inner_text("#facts") or "{}") is not None
