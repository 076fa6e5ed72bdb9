from __future__ import annotations

import json
import logging
import re

from python_jobs import logs


def test_lines_are_json_where_nobody_watches(capsys) -> None:
    logs.configure("auto")
    logs.logger.info("Loaded %d", 3, extra={"rows": 3})
    logs.logger.debug("not shown")
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    event = json.loads(line)
    assert event.pop("at").endswith("+00:00")
    assert event == {"level": "info", "message": "Loaded 3", "rows": 3}


def test_an_exception_is_named_without_its_message(capsys) -> None:
    logs.configure("json")
    try:
        raise ValueError("the customer wrote: my name is ...")
    except ValueError:
        logs.logger.exception("failed")
    event = json.loads(capsys.readouterr().err)
    assert event["exception"] == "ValueError"
    assert "customer" not in json.dumps(event)


def test_text_for_people(capsys) -> None:
    logs.configure("text")
    logs.logger.info("Embedding [1/2] with model")
    assert "Embedding [1/2] with model" in capsys.readouterr().err


def test_progress_speaks_every_tenth_part(capsys) -> None:
    logs.configure("json")
    with logs.progress("Embedding", 100, "texts") as tick:
        for _ in range(100):
            tick()
    messages = [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()]
    assert len(messages) == 10
    assert messages[-1].startswith("Embedding: 100 of 100 texts, ")


def test_progress_shows_rate_cost_and_time_left(capsys, monkeypatch) -> None:
    logs.configure("json")
    clock = iter(range(0, 1000, 2))  # two seconds an item
    monkeypatch.setattr(logs.time, "monotonic", lambda: float(next(clock)))
    with logs.progress("Embedding", 20, "texts", lambda: "$0.0123") as tick:
        tick(2)
    (line,) = capsys.readouterr().err.splitlines()
    message = json.loads(line)["message"]
    assert re.fullmatch(r"Embedding: 2 of 20 texts, [\d.]+/s, \$0\.0123, 0:\d\d:\d\d left", message)


def test_progress_of_unknown_length_is_quiet_for_small_work(caplog) -> None:
    with (
        caplog.at_level(logging.INFO, logger=logs.LOGGER_NAME),
        logs.progress("Clustering", None) as tick,
    ):
        tick(5)
    assert caplog.records == []
