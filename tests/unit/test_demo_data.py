"""The demo data is what its README and its truth file say it is."""

import csv
import io
import json
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from generator.build import build
from generator.corpus import load_corpus

DEMO = Path(__file__).resolve().parents[2] / "demo"
COLUMNS = [
    "feedback_id",
    "created_at",
    "source",
    "product",
    "rating",
    "feedback_text",
    "customer_id",
    "country",
    "language",
]


@pytest.fixture(scope="module")
def table_bytes():
    return (DEMO / "feedback.csv").read_bytes()


@pytest.fixture(scope="module")
def rows(table_bytes):
    return list(csv.DictReader(io.StringIO(table_bytes.decode("utf-8"), newline="")))


@pytest.fixture(scope="module")
def by_id(rows):
    return {row["feedback_id"]: row for row in rows}


@pytest.fixture(scope="module")
def truth():
    return json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))


def normalise(text):
    return " ".join(text.split()).lower()


def test_generator_reproduces_both_files_byte_for_byte(tmp_path, table_bytes):
    command = [sys.executable, str(DEMO / "generate.py"), "--stats", "--out", str(tmp_path)]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert '"records": 3000' in finished.stdout
    assert (tmp_path / "feedback.csv").read_bytes() == table_bytes
    assert (tmp_path / "truth.json").read_bytes() == (DEMO / "truth.json").read_bytes()


def test_columns_and_counts(rows, truth):
    assert list(rows[0]) == COLUMNS
    assert 2500 <= len(rows) <= 4000
    assert len(rows) == truth["totals"]["records"]
    assert 8 <= len({row["product"] for row in rows}) <= 12
    assert {row["source"] for row in rows} == {
        "product_review",
        "return_form",
        "support_chat",
        "survey",
    }
    assert all(row["feedback_text"].strip() for row in rows)


def test_ids_are_unique_and_in_order_of_time(rows):
    ids = [row["feedback_id"] for row in rows]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)
    moments = [row["created_at"] for row in rows]
    assert moments == sorted(moments)


def test_dates_cover_exactly_twelve_months(rows):
    for row in rows:
        assert row["created_at"].endswith("Z")
        assert datetime.fromisoformat(row["created_at"]).utcoffset() == timedelta(0)
    assert min(row["created_at"] for row in rows)[:10] == "2025-09-01"
    assert max(row["created_at"] for row in rows)[:10] == "2026-08-31"
    assert len({row["created_at"][:7] for row in rows}) == 12


def test_ratings(rows):
    assert {row["rating"] for row in rows} == {"", "1", "2", "3", "4", "5"}
    assert all(row["rating"] == "" for row in rows if row["source"] == "support_chat")
    assert any(row["rating"] == "" for row in rows if row["source"] != "support_chat")


def test_languages(rows):
    share = {
        code: sum(row["language"] == code for row in rows) / len(rows) for code in ("de", "fr")
    }
    assert 0.045 <= share["de"] <= 0.08
    assert 0.03 <= share["fr"] <= 0.055


def test_corpus_holds_enough_distinct_sentences():
    sentences = load_corpus()
    distinct = {normalise(s.text) for s in sentences}
    assert len(distinct) >= 1200
    assert len({normalise(s.text) for s in sentences if s.lang == "de"}) >= 100
    assert len({normalise(s.text) for s in sentences if s.lang == "fr"}) >= 80


def test_no_sentence_carries_the_data():
    assert max(s.uses for s in build().shelf.sentences if len(s.text) > 60) <= 12


def test_exact_duplicates_agree_with_the_file(rows, truth):
    first = {}
    found = []
    for row in rows:
        key = normalise(row["feedback_text"])
        if key in first:
            found.append([row["feedback_id"], first[key]])
        else:
            first[key] = row["feedback_id"]
    assert found == truth["exact_duplicates"]["all"]
    assert len(first) == truth["totals"]["distinct_normalised_texts"]
    assert len(found) == truth["totals"]["duplicate_records"]


def test_exact_duplicates_are_planted_or_stock_phrases(truth):
    planted = {entry[0]: entry[1] for entry in truth["exact_duplicates"]["planted"]}
    assert 60 <= len(planted) <= 100
    pairs = dict(truth["exact_duplicates"]["all"])
    assert all(pairs[one] == canonical for one, canonical in planted.items())
    stock = set(truth["stock_phrases"]["ids"])
    assert all(one in stock for one in pairs if one not in planted)


def test_near_duplicates(by_id, truth):
    pairs = truth["near_duplicates"]["pairs"]
    assert len(pairs) == truth["near_duplicates"]["count"] == 40
    for one, other, like in pairs:
        left = by_id[one]["feedback_text"]
        right = by_id[other]["feedback_text"]
        assert normalise(left) != normalise(right)
        assert 0.6 <= like < 1


def test_emerging_theme(by_id, truth):
    emerging = truth["emerging_theme"]
    days = sorted(by_id[one]["created_at"][:10] for one in emerging["ids"])
    assert 90 <= len(days) <= 130
    assert days[0] == emerging["first_date"] >= emerging["not_before"] == "2026-07-21"
    weekly = [number for _, number in emerging["weekly"]]
    assert weekly == sorted(weekly)
    assert len(set(weekly)) == 6
    assert sum(weekly) == len(days)
    labelled = {
        one
        for one, (_, themes, _) in truth["labels"].items()
        if any(name == emerging["name"] for name, _ in themes)
    }
    assert labelled == set(emerging["ids"])
    for one, row in by_id.items():
        if row["created_at"][:10] < emerging["not_before"]:
            text = row["feedback_text"].lower()
            assert not re.search(r"\bbasket|\bcart\b|warenkorb|\bpanier", text), one


def test_fading_theme(by_id, truth):
    fading = truth["fading_theme"]
    days = [by_id[one]["created_at"][:10] for one in fading["ids"]]
    before = sum(day < fading["fix_date"] for day in days)
    assert before == fading["count_before_fix"] >= 100
    assert len(days) - before == fading["count_from_fix_on"] <= 10


def test_the_theme_that_costs_a_star(by_id, truth):
    costly = truth["costs_a_star"]
    ids = set(costly["ids"])
    cells = {}
    for one, row in by_id.items():
        if row["rating"]:
            cell = cells.setdefault(row["product"], ([], []))
            cell[one not in ids].append(int(row["rating"]))
    total = sum(
        (sum(having) / len(having) - sum(others) / len(others)) * len(having)
        for having, others in cells.values()
        if having
    )
    effect = total / sum(len(having) for having, _ in cells.values())
    assert effect == pytest.approx(costly["measured_effect_within_product"], abs=0.001)
    assert abs(effect - costly["expected_effect"]) <= costly["tolerance"]
    assert costly["rated_count"] >= 100


def test_noise_is_about_five_percent(by_id, truth):
    ids = truth["noise"]["ids"]
    assert len(set(ids)) == len(ids)
    assert 0.04 <= len(ids) / len(by_id) <= 0.06
    assert all(truth["labels"][one][0].startswith("noise.") for one in ids)


def test_every_record_is_labelled(by_id, truth):
    assert set(truth["labels"]) == set(by_id)
    for primary, themes, polarity in truth["labels"].values():
        assert themes[0][0] == primary
        assert polarity in ("positive", "negative", "mixed", "neutral")


def test_hostile_records_are_there(by_id, truth):
    hostile = {key: by_id[one]["feedback_text"] for key, one in truth["hostile"].items()}
    assert "<script>" in hostile["script"]
    assert hostile["formula"].startswith("=HYPERLINK(")
    assert re.search("[\u0590-\u06ff]", hostile["right_to_left"])
    assert "previous instructions" in hostile["injection"]
    assert 5500 <= len(hostile["rant"]) <= 6500
    assert all(sign in hostile["quoting"] for sign in ('"', ",", "\n"))


def test_no_traces_of_a_template(by_id, truth):
    odd_spacing = {
        entry[0]
        for entry in truth["exact_duplicates"]["planted"]
        if entry[2] == "copied_other_case_or_spacing"
    }
    for one, row in by_id.items():
        text = row["feedback_text"]
        assert not re.search(r"[{}#]", text), one
        assert not text.startswith("@"), one
        if one not in odd_spacing:
            assert "  " not in text, one
            assert text == text.strip(), one


def test_text_is_plain_utf8_with_unix_line_ends(table_bytes):
    assert b"\r" not in table_bytes
    assert not table_bytes.startswith(b"\xef\xbb\xbf")
    table_bytes.decode("utf-8")


def test_the_seed_s_taxonomy_is_well_formed():
    path = DEMO.parent / "dbt_project" / "seeds" / "tag_categories.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        categories = list(csv.DictReader(handle))
    names = [c["category"] for c in categories]
    assert len(set(names)) == len(names) >= 20
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert all(c["parent"] == "" or c["parent"] in names for c in categories)
    assert [c["active"] for c in categories].count("false") == 1
    assert all(3 <= len(c["examples"].split(" | ")) <= 5 for c in categories)
    assert all(c["description"].endswith(".") for c in categories)
