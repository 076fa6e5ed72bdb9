from __future__ import annotations

from benchmarks.report_marts import report_marts
from python_jobs.reporting.html.headline import sentences


def test_three_to_five_sentences_each_with_its_evidence() -> None:
    found = sentences(report_marts(300))
    assert [each.section for each in found] == ["segments", "trends", "trends", "fix", "trends"]
    assert all(each.key for each in found[:4])
    assert "costs 1.0 stars (0.7 to 1.3) in 100 ratings" in found[3].text
    assert "came out of a split" in found[4].text
    assert "3.3 times its share (2.0 to 5.0)" in found[1].text


def test_where_little_happened_the_volume_and_the_gap_are_told() -> None:
    read = report_marts(300)
    for name in ("emerging_clusters", "rating_impact", "cluster_changes"):
        for values in read.marts[name].values():
            values.clear()
    found = sentences(read)
    assert [each.lead for each in found] == ["Feedback", "Most talked about", "Not in the taxonomy"]
    assert found[0].text.startswith("300 feedback came in from 10 January 2025 to 4")


def test_where_nothing_is_known_nothing_is_said() -> None:
    read = report_marts(50)
    for columns in (read.feedback, *read.marts.values()):
        for values in columns.values():
            values.clear()
    assert sentences(read) == []


def test_signs_that_steer_the_eye_are_shown() -> None:
    (first, *_) = sentences(report_marts(300, ["a\u202eb"] * 12))
    assert "a[U+202E]b" in (first.as_plain()["text"] or "")
