"""Planted secrets and personal data: looked for wherever they must not be.

They may be where feedback is kept: the schemas raw, staging, intermediate and marts. They must
not be in any request, log, message, artifact, or table of the jobs.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.openai_answers import ANSWERS, completion
from tests.fakes.openai_server import FakeOpenAI
from tests.faults.jobs import Ended, Job, QuickJob, count, started
from tests.faults.texts import BUILD
from tests.integration.dbt_builds import WITHOUT_UNIT_TESTS
from tests.integration.jobs.conftest import query
from tests.unit.redaction.planted import PERSONAL, SECRETS, Planted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from python_jobs.settings import Settings

KEY = "sk-proj-Planted0Key1That2Nobody3May4See5Anywhere6"
PASSWORD = "planted-passw0rd-of-the-database"
PLANTED = (*SECRETS, *PERSONAL)
LONG_ENOUGH = 12
"""Characters of a part of a planted string that cannot be there by chance."""
FEW_DIGITS = 6

pytestmark = pytest.mark.slow


def traces(needle: str) -> set[str]:
    """The string as it may stand in a text, in JSON and in JSON within JSON, and its parts."""
    found = {needle}
    parts = sorted(needle.split(), key=len)
    if parts and len(parts[-1]) >= LONG_ENOUGH:
        found.add(parts[-1])
    for ascii_only in (True, False):
        once = json.dumps(needle, ensure_ascii=ascii_only)[1:-1]
        found |= {once, json.dumps(once, ensure_ascii=ascii_only)[1:-1]}
    return found


def in_context(planted: Planted) -> str:
    """The string; three to six digits with the word before them, for logs are full of numbers."""
    if not planted.sensitive.isdecimal() or len(planted.sensitive) > FEW_DIGITS:
        return planted.sensitive
    before, _, _ = planted.text.partition(planted.sensitive)
    return f"{before.split()[-1]} {planted.sensitive}"


def leaks(haystack: str, needles: Iterable[str]) -> list[str]:
    return [needle for needle in needles if any(trace in haystack for trace in traces(needle))]


def strings(value: object) -> Iterator[str]:
    """Every string within JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def echoing(code: str) -> Any:
    """An error that quotes what was sent and who sent it, as servers do."""

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        return {"error": {"message": f"{KEY} sent {body['input']}", "code": code, "type": code}}

    return answer


def parrot(body: dict[str, Any]) -> dict[str, Any]:
    """A tagger that gives every text the first category, and the whole text as the reason."""
    items = json.loads(body["messages"][-1]["content"])
    schema = body["response_format"]["json_schema"]["schema"]["properties"]["answers"]["items"]
    category = schema["properties"]["tags"]["items"]["properties"]["category"]["enum"][0]
    answers = [
        {
            "id": item["id"],
            "tags": [{"rationale": item["text"], "category": category, "confidence": 0.9}],
            "sentiment": "neutral",
        }
        for item in items
    ]
    return completion(body, json.dumps({"answers": answers}, ensure_ascii=False))


class Pipeline:
    """The commands as a user runs them, with everything that they say and leave in one folder."""

    def __init__(self, settings: Settings, folder: Path, server: FakeOpenAI) -> None:
        self._settings, self._folder, self._server = settings, folder, server
        self.said: list[Ended] = []

    def run(self, *arguments: str, **variables: str) -> int:
        given = {
            "OPENAI_API_KEY": KEY,
            "INSIGHTS_EMBEDDING_DIMENSIONS": "8",
            "DBT_TARGET_PATH": str(self._folder / "target"),
            "DBT_LOG_PATH": str(self._folder / "logs"),
        }
        words = ("--verbose", *arguments)
        kind = Job if arguments[0] == "dbt" else QuickJob
        job = kind(self._settings, self._server.url, *words, batch_size=20, **(given | variables))
        with started(job):
            self.said.append(job.end(900))
        return self.said[-1].code


def test_nothing_planted_leaves_the_tables_of_feedback(settings: Settings, tmp_path: Path) -> None:
    assert len(SECRETS) == len(PERSONAL) == 50
    file = tmp_path / "input" / "feedback.csv"
    file.parent.mkdir()
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["feedback_id", "created_at", "feedback_text"])
        writer.writerows(
            (f"planted-{n}", "2026-05-01T00:00:00Z", planted.text)
            for n, planted in enumerate(PLANTED)
        )
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    own_password = url.split(":")[2].split("@")[0]
    out_folder = tmp_path / "left"
    with FakeOpenAI(key=KEY) as server:
        pipeline = Pipeline(settings, out_folder, server)
        assert pipeline.run("load", str(file)) == 0
        assert pipeline.run("dbt", *BUILD) == 0
        fail_in_every_way(pipeline, server, url, own_password)
        query(settings, "delete from customer_insights.dead_letters")
        assert pipeline.run("embed") == 0
        server.overrides["/chat/completions"] = parrot
        assert pipeline.run("tag") == 0
        assert pipeline.run("dbt", "build", *WITHOUT_UNIT_TESTS) == 0
    texts = count(settings, "vector_store.embeddings")
    assert texts == count(settings, "customer_insights.tagged_items") == len(PLANTED)
    quoted = "select count(*) from customer_insights.feedback_tags where rationale like '%[%]%'"
    assert query(settings, quoted)[0][0] > len(PLANTED) / 2

    secrets = [KEY, PASSWORD, own_password]
    sent = "\n".join(part for request in server.requests for part in strings(request.body))
    assert leaks(sent, [planted.sensitive for planted in PLANTED] + secrets) == []
    feedback = [in_context(planted) for planted in PLANTED]
    said = "\n".join(ended.stderr for ended in pipeline.said)
    assert leaks(said, feedback + secrets) == []
    assert leaks(artifacts(tmp_path, leave_out=file), feedback + secrets) == []
    assert leaks(tables_of_the_jobs(settings), feedback + secrets) == []
    assert leaks(whole_schema(settings, "marts"), secrets) == []


def fail_in_every_way(pipeline: Pipeline, server: FakeOpenAI, url: str, own_password: str) -> None:
    """Runs that end badly, each with a secret at hand to be quoted."""
    server.overrides["/embeddings"] = echoing("insufficient_quota")
    assert pipeline.run("embed") == 5
    server.overrides["/embeddings"] = echoing("string_above_max_length")
    assert pipeline.run("embed", "--limit", "4") == 6
    server.overrides["/embeddings"] = ANSWERS["/embeddings"]
    assert pipeline.run("embed", OPENAI_API_KEY=f"{KEY}-wrong") == 5
    assert pipeline.run("embed", OPENAI_API_KEY=f"{KEY} {KEY}") == 3
    wrong = url.replace(own_password, PASSWORD)
    assert pipeline.run("embed", INSIGHTS_DATABASE_URL=wrong) == 4
    assert pipeline.run("dbt", "build", INSIGHTS_DATABASE_URL=wrong) != 0
    assert pipeline.run("embed", INSIGHTS_DATABASE_URL=f"{wrong}?port=none") in (3, 4)


def artifacts(folder: Path, leave_out: Path) -> str:
    """Every file that the commands left: logs, dbt's target and logs, the project's home."""
    files = [path for path in folder.rglob("*") if path.is_file() and path != leave_out]
    assert {"manifest.json", "run_results.json", "dbt.log"} <= {path.name for path in files}
    return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in files)


def tables_of_the_jobs(settings: Settings) -> str:
    """What `customer_insights` and the vector store hold, but for the numbers of the vectors."""
    vectors = "select content_hash, model, dimensions, created_at from vector_store.embeddings"
    return whole_schema(settings, "customer_insights") + str(query(settings, vectors))


def whole_schema(settings: Settings, schema: str) -> str:
    names = query(
        settings,
        f"select table_name from information_schema.tables where table_schema = '{schema}'",
    )
    assert names
    return "\n".join(
        str(row[0])
        for (name,) in names
        for row in query(settings, f"select row_to_json(t)::text from {schema}.{name} t")
    )
