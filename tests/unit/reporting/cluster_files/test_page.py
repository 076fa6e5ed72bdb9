"""The interactive map: complete, without network, and deaf to what feedback says."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_jobs.reporting.cluster_files import page
from python_jobs.reporting.cluster_files.page import write_page

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.reporting.cluster_files.contents import Contents

    from .conftest import Make

HOSTILE = (
    '</script><script>alert(1)</script><img src="https://evil.example/x" onerror="alert(2)">'
    "<!-- ]]> @{text}{safe} {{ 7 * 7 }} {% raw %} $$\\frac{1}{2}$$ \u2028 ' \" ` &lt;script&gt; {}"
)


class Tags(HTMLParser):
    """Every tag with the names of its attributes, and what scripts would run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.urls: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _ in attrs)))
        self.urls += [value or "" for name, value in attrs if name in ("src", "href")]


def html(given: Contents, folder: Path) -> str:
    write_page(folder / "clusters.html", given)
    return (folder / "clusters.html").read_text(encoding="utf-8")


def test_it_holds_every_text_name_and_figure(make: Make, tmp_path: Path) -> None:
    found = html(make(text="the sole came off {}"), tmp_path)
    assert "19 feedback in 2 segments" in found
    for row in range(14):
        assert f"the sole came off {row}" in found
    for path in ("root.0", "root.0.1", "root.noise"):
        assert f'data-path="{path}"' in found
        assert f"Name of {path}" in found
    assert "11 · 57.9% · ★ " in found


def test_hostile_names_and_texts_change_no_tag(make: Make, tmp_path: Path) -> None:
    harmless = html(make(), tmp_path)
    found = html(make(text=HOSTILE, name=HOSTILE), tmp_path)
    assert Tags(found).tags == Tags(harmless).tags
    assert "<script>alert" not in found
    assert "</script><script>" not in found.replace(" ", "")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in found
    assert "7 * 7" in found


def test_a_hostile_model_name_is_escaped(make: Make, tmp_path: Path) -> None:
    given = make()
    about = replace(given.about, model="<b onclick=alert(1)>")
    assert "<b onclick" not in html(replace(given, about=about), tmp_path)


def test_nothing_comes_from_the_network(make: Make, tmp_path: Path) -> None:
    found = html(make(text="$$x$$ {}"), tmp_path)
    assert Tags(found).urls == []
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', found)
    assert policy
    assert "default-src 'none'" in policy.group(1)
    assert "http" not in policy.group(1)
    assert found.index("Content-Security-Policy") < found.index("<script")
    # 1.8 MB for formulas that nobody writes
    assert "bokeh-mathjax" not in found


def test_tooltips_escape_every_field() -> None:
    fields = re.findall(r"@\w+(\{\w+\})?", page._TOOLTIP)
    assert fields
    assert not any(fields)


def test_long_texts_are_cut(make: Make, tmp_path: Path) -> None:
    found = html(make({"root.noise": 1}, text="word " * 2_000), tmp_path)
    longest = max(map(len, re.findall(r"(?:word )+", found)))
    assert 250 < longest <= page.TEXT


def test_too_many_dots_are_thinned_out_and_the_page_says_so(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "MAX_DOTS", 5)
    assert "5 of 14, chosen evenly by chance" in html(make(), tmp_path)
    chosen = page._shown(14)
    assert len(set(chosen)) == 5
    np.testing.assert_array_equal(chosen, page._shown(14))


def test_noise_lies_behind_and_has_no_label(make: Make) -> None:
    given = make()
    xy = given.tree.coordinates
    dots = page._dots(given, np.arange(14), xy)
    assert dots["path"][:2] == ["root.noise"] * 2
    assert dots["colour"][0] == "#C9C9C9"
    assert dots["figures"][0].startswith(" · said 2 times")
    assert page._names(given, xy)["path"] == ["root.0", "root.1", "root.0.0", "root.0.1"]


@pytest.mark.parametrize("leaves", [{}, {"root.noise": 1}, {"root.0": 5}])
def test_small_sets(make: Make, tmp_path: Path, leaves: dict[str, int]) -> None:
    found = html(make(leaves), tmp_path)
    assert found.count("data-path=") == len(leaves)
    assert found.rstrip().endswith("</html>")
