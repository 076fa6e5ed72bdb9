from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from python_jobs.errors import UsageError
from python_jobs.reporting.html.serving import serve_page


def get(address: str, path: str = "/", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.body = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


def test_the_page_is_shown_on_loopback_and_to_nobody_else() -> None:
    with serve_page("<p>größe</p>") as address:
        assert address.startswith("http://127.0.0.1:")
        answer = get(address)
        assert answer.status == 200
        assert answer.body.decode() == "<p>größe</p>"  # type: ignore[attr-defined]
        assert answer.headers["Cache-Control"] == "no-store"
        assert get(address, "/other").status == 404
        assert get(address, Host="somebody.example").status == 421


def test_a_port_that_is_taken_is_a_mistake_one_can_mend() -> None:
    with (
        serve_page("") as address,
        pytest.raises(UsageError, match="cannot listen"),
        serve_page("", urlsplit(address).port or 0),
    ):
        pass
