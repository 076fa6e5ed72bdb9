"""The assembled page: its policy, its size, what is in it and what must not be."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from benchmarks.report_marts import report_marts
from python_jobs.reporting.html.assembling import assemble, page_folder, script_of
from python_jobs.reporting.html.contents import contents
from python_jobs.reporting.html.packing import unpack

PAGE = Path(str(page_folder()))
SCRIPTS = sorted((PAGE / "js").glob("*.js"))
HOSTILE = (
    "</script><script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<!-- {{SCRIPT}} \u202egnp.exe",
)


@cache
def page(*, redacted: bool = False, max_texts: int | None = None, count: int = 400) -> str:
    inside = contents(report_marts(count, HOSTILE), redacted=redacted, max_texts=max_texts)
    return assemble(inside, title=HOSTILE[0])


def parts(html: str) -> dict[str, str]:
    found = re.findall(r'<script[^>]* id="(\w+)">(.*?)</script>', html, re.DOTALL)
    return dict(found)


def test_policy_allows_the_one_script_and_the_one_style_and_nothing_else() -> None:
    html = page()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].replace("&#x27;", "'").split(";"))
    assert rules.keys() == {"default-src", "script-src", "style-src", "base-uri", "form-action"}
    assert {rules["default-src"], rules["base-uri"], rules["form-action"]} == {"'none'"}
    for rule, tag in (("script-src", "script"), ("style-src", "style")):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_the_page_names_no_address_to_load_from() -> None:
    html = re.sub(r"/\*!.*?\*/", "", page(), flags=re.DOTALL)
    addresses = set(re.findall(r"https?://[^\s\"']+", html))
    assert addresses == {"http://www.w3.org/2000/svg", "https://d3js.org/d3-hierarchy/"}
    assert not re.search(r"<(link|img|iframe|object|embed|base|form)\b", html)


def test_what_others_wrote_is_nowhere_in_the_markup() -> None:
    html = page()
    assert html.count("<script") == html.count("</script>") == 4
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in html  # the title
    assert "\u202e" not in html
    facts = json.loads(parts(html)["facts"])
    assert "onerror=" not in html.replace(parts(html)["facts"], "")
    assert any(HOSTILE[0] in sentence["text"] for sentence in facts["headline"])


def test_no_module_can_parse_markup_or_run_text() -> None:
    for file in SCRIPTS:
        source = file.read_text("utf-8")
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert way not in source, file.name
        assert not re.search(
            r"\bnew Function\b|\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon", source
        )


def test_all_names_at_the_top_of_modules_are_different() -> None:
    names = Counter(
        name
        for file in SCRIPTS
        for name in re.findall(
            r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)",
            file.read_text("utf-8"),
            re.MULTILINE,
        )
    )
    assert [name for name, times in names.items() if times > 1] == []


def test_every_module_and_style_is_in_the_page() -> None:
    script, html = script_of(page_folder()), page()
    for file in SCRIPTS:
        assert f"// {file.name}\n" in script
    for file in (PAGE / "css").glob("*.css"):
        assert file.read_text("utf-8") in html


def test_every_import_is_exported_where_it_is_taken_from() -> None:
    for file in SCRIPTS:
        source = file.read_text("utf-8")
        found = re.findall(r'^import \{ ([^}]+) \} from "\./(\w+)\.js";$', source, re.MULTILINE)
        assert len(found) == len(re.findall(r"^import ", source, re.MULTILINE)), file.name
        for names, module in found:
            there = (PAGE / "js" / f"{module}.js").read_text("utf-8")
            for name in names.split(", "):
                assert re.search(
                    rf"^export (async )?(function|const|let) {name}\b", there, re.MULTILINE
                )


def test_libraries_are_those_of_the_table() -> None:
    table = (PAGE / "vendor" / "README.md").read_text("utf-8")
    hashes = dict(re.findall(r"\| `([\w.-]+)` \|.*\| `(\w{64})` \|", table))
    libraries = {file.name: file for file in (PAGE / "vendor").glob("*.js")}
    assert libraries.keys() == hashes.keys()
    for name, file in libraries.items():
        assert hashlib.sha256(file.read_bytes()).hexdigest() == hashes[name]
        assert "Permission to use, copy, modify" in page()


def test_health_has_what_the_published_run_was_made_with() -> None:
    marts = report_marts(50)
    marts.marts["cluster_runs"]["library_versions"] = ['{"a\\u202eb": "1.0"}']
    facts = json.loads(contents(marts, redacted=True, max_texts=None).facts)
    assert ["min_cluster_size", "30"] in facts["parameters"]
    assert facts["library_versions"] == [["a[U+202E]b", "1.0"]]
    marts.marts["cluster_runs"]["status"] = ["superseded"]
    facts = json.loads(contents(marts, redacted=True, max_texts=None).facts)
    assert facts["parameters"] == facts["library_versions"] == []


def test_a_rerun_gives_the_same_page() -> None:
    again = contents(report_marts(400, HOSTILE), redacted=False, max_texts=None)
    assert assemble(again, title=HOSTILE[0]) == page()


def test_redacted_has_no_text_and_no_identifier() -> None:
    marts = report_marts(400)
    quoted = marts.feedback["feedback_text"][0]
    marts.marts["cluster_summary"]["summary"][1] = f"Typical feedback: {quoted}"
    inside = contents(marts, redacted=True, max_texts=None)
    texts = unpack(inside.texts)
    assert inside.count_texts == 0
    assert texts["text"] == texts["id"] == []
    packed = " ".join(
        text
        for column in unpack(inside.core).values()
        if isinstance(column, list)
        for text in column
        if text
    )
    for text, identifier in zip(
        marts.feedback["feedback_text"], marts.feedback["feedback_id"], strict=True
    ):
        assert text not in packed
        assert identifier not in packed


@pytest.mark.parametrize(("asked", "kept"), [(0, 0), (60, 60), (5_000, 400)])
def test_max_texts_keeps_exemplars_and_a_sample(asked: int, kept: int) -> None:
    marts = report_marts(400)
    inside = contents(marts, redacted=False, max_texts=asked)
    texts = unpack(inside.texts)
    assert inside.count_texts == len(texts["text"]) == kept
    assert json.loads(inside.facts)["left_out"] == 400 - kept
    rows = {marts.feedback["feedback_id"][row] for row in texts["row"]}  # type: ignore[index]
    if kept:
        assert set(marts.marts["cluster_exemplars"]["feedback_id"]) <= rows


def test_a_file_is_within_the_size_that_was_aimed_at() -> None:
    assert len(page(count=5_000)) < 3_000_000 + 150 * 5_000
    assert len(page(count=5_000)) - len(page()) < 150 * 4_600
