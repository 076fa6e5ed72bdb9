"""The batch and files endpoints of the fake server, with progress and faults to order.

Each look at a batch moves it one step on (`steps`); when it ends, its lines are answered by the
same functions as single requests, so that both ways can be compared::

    server.batch_api.steps = ("validating", "in_progress", "expired")
    server.batch_api.share_done = 0.5                   # half of the lines were answered in time
    server.batch_api.script("POST /batches", faults.disconnected)   # made, but the answer is lost
    server.batch_api.block("POST /files", faults.status(500))       # not even made
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes import faults
from tests.fakes.faults import Fault, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

MAX_LINES = 50_000
MAX_BYTES = 200_000_000
MAX_INPUTS = 50_000
TERMINAL = ("completed", "failed", "expired", "cancelled")


@dataclass
class File:
    """A file as it was uploaded or made."""

    file_id: str
    filename: str
    purpose: str
    content: bytes
    created_at: int = field(default_factory=lambda: int(time.time()))

    def shown(self) -> Json:
        return {
            "id": self.file_id,
            "object": "file",
            "bytes": len(self.content),
            "filename": self.filename,
            "purpose": self.purpose,
            "created_at": self.created_at,
        }

    def lines(self) -> list[Json]:
        return [json.loads(line) for line in self.content.splitlines() if line.strip()]


class BatchApi:
    """Files and batches of one fake server.

    Attributes:
        steps: the states that a batch goes through, one each time it is looked at.
        share_done: part of the lines that an expired or cancelled batch had answered.
        answer_line: the status and body for one request line; replaced to make lines fail.
        edit_output: changes the lines of an output file before it is stored.
        edit_errors: the same for an error file.
        edit_batch: changes a batch at its end, as to hide a file.
        deleted: ids of the files that were deleted.
    """

    def __init__(self, answers: dict[str, Callable[[Json], Json]]) -> None:
        self._answers = answers
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._faults: dict[str, list[tuple[bool, Fault | None]]] = {}
        self.files: dict[str, File] = {}
        self.batches: dict[str, Json] = {}
        self.calls: Counter[str] = Counter()
        self.deleted: list[str] = []
        self.steps: tuple[str, ...] = ("validating", "in_progress", "finalizing", "completed")
        self.share_done = 1.0
        self.answer_line: Callable[[Json], tuple[int, Json]] = self.answered
        self.edit_output: Callable[[list[bytes]], list[bytes]] = lambda lines: lines
        self.edit_errors: Callable[[list[bytes]], list[bytes]] = lambda lines: lines
        self.edit_batch: Callable[[Json], object] = lambda batch: None

    def script(self, route: str, *replies: Fault | None) -> None:
        """Queue what is sent after the work was done, as in "POST /batches"; None is good."""
        self._faults.setdefault(route, []).extend((True, reply) for reply in replies)

    def block(self, route: str, *replies: Fault | None) -> None:
        """Queue what is sent instead of doing the work."""
        self._faults.setdefault(route, []).extend((False, reply) for reply in replies)

    def dispatch(self, method: str, target: str, content_type: str, raw: bytes) -> Reply:
        """The answer to a request for a path below /v1/files or /v1/batches."""
        parts = urlsplit(target)
        names = parts.path.removeprefix("/v1").strip("/").split("/")
        places = [names[0], *("{id}" for _ in names[1:2]), *names[2:]]
        route = f"{method} /{'/'.join(places)}"
        self.calls[route] += 1
        queue = self._faults.get(route, [])
        works, fault = queue.pop(0) if queue else (True, None)
        if not works and fault:
            return fault({})
        with self._lock:
            reply = self._work(route, names, parse_qs(parts.query), content_type, raw)
        good = reply.body if isinstance(reply.body, dict) else {}
        return fault(good) if fault and reply.status == 200 else reply

    def _work(
        self, route: str, names: list[str], query: dict[str, list[str]], kind: str, raw: bytes
    ) -> Reply:
        name = names[1] if len(names) > 1 else ""
        owner = self.files if names[0] == "files" else self.batches
        if name and name not in owner:
            return faults.status(404, code="not_found", message=f"No such {names[0]}")({})
        match route:
            case "POST /files":
                return self._upload(kind, raw)
            case "GET /files":
                found = [file.shown() for file in reversed(self.files.values())]
                purpose = query.get("purpose", [None])[0]
                return _page([file for file in found if purpose in (None, file["purpose"])], query)
            case "GET /files/{id}/content":
                return Reply(200, self.files[name].content, {"content-type": "text/plain"})
            case "DELETE /files/{id}":
                del self.files[name]
                self.deleted.append(name)
                return Reply(200, {"id": name, "object": "file", "deleted": True})
            case "POST /batches":
                return self._create(json.loads(raw))
            case "GET /batches":
                return _page(list(reversed(self.batches.values())), query)
            case "GET /batches/{id}":
                return Reply(200, self._look(self.batches[name]))
            case "POST /batches/{id}/cancel":
                return self._cancel(self.batches[name])
        return faults.status(405, code="method_not_allowed")({})

    def _upload(self, content_type: str, raw: bytes) -> Reply:
        message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + raw)
        fields: dict[str, Message] = {}
        for part in message.get_payload():
            assert isinstance(part, Message)
            fields[str(part.get_param("name", header="content-disposition"))] = part
        content = fields["file"].get_payload(decode=True)
        purpose = fields["purpose"].get_payload(decode=True)
        assert isinstance(content, bytes)
        assert isinstance(purpose, bytes)
        if len(content) > MAX_BYTES:
            return faults.bad_request("File is too large.")({})
        name = fields["file"].get_filename() or ""
        return Reply(200, self._store(name, purpose.decode().strip(), content).shown())

    def _store(self, name: str, purpose: str, content: bytes) -> File:
        file = File(f"file-{next(self._numbers)}", name, purpose, content)
        self.files[file.file_id] = file
        return file

    def _create(self, body: Json) -> Reply:
        if body.get("input_file_id") not in self.files:
            return faults.bad_request("Cannot find file")({})
        batch: Json = {
            "id": f"batch_{next(self._numbers)}",
            "object": "batch",
            "endpoint": body["endpoint"],
            "errors": None,
            "input_file_id": body["input_file_id"],
            "completion_window": body["completion_window"],
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": int(time.time()),
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "metadata": body.get("metadata") or {},
            "_steps": list(self.steps),
        }
        self.batches[batch["id"]] = batch
        return Reply(200, _shown(batch))

    def _look(self, batch: Json) -> Json:
        if batch["status"] not in TERMINAL and batch["_steps"]:
            batch["status"] = batch["_steps"].pop(0)
            if batch["status"] in TERMINAL:
                self._end(batch)
        return _shown(batch)

    def _cancel(self, batch: Json) -> Reply:
        if batch["status"] in TERMINAL:
            return faults.status(409, code="conflict", message="Cannot cancel")({})
        batch["status"] = "cancelling"
        batch["_steps"] = ["cancelling", "cancelled"]
        return Reply(200, _shown(batch))

    def _end(self, batch: Json) -> None:
        lines = self.files[batch["input_file_id"]].lines()
        problem = self._problem(batch, lines)
        if problem or batch["status"] == "failed":
            batch["status"] = "failed"
            problems = batch.get("_problems") or [problem or "invalid_request"]
            data = [{"code": code, "message": "no", "line": 1} for code in problems]
            batch["errors"] = {"object": "list", "data": data}
            return
        part = self.share_done if batch["status"] in ("expired", "cancelled") else 1.0
        done = round(len(lines) * part)
        output, failed = [], []
        for number, line in enumerate(lines):
            row: Json = {"id": f"batch_req_{number}", "custom_id": line["custom_id"]}
            if number >= done:
                code = f"batch_{batch['status']}"
                failed.append({**row, "response": None, "error": {"code": code, "message": "no"}})
                continue
            status, body = self.answer_line(line)
            response = {"status_code": status, "request_id": f"req_{number}", "body": body}
            (output if status == 200 else failed).append(
                {**row, "response": response, "error": None}
            )
        batch["request_counts"] = {
            "total": len(lines),
            "completed": len(output),
            "failed": len(failed),
        }
        for key, rows, edit in (
            ("output_file_id", output, self.edit_output),
            ("error_file_id", failed, self.edit_errors),
        ):
            made = edit([json.dumps(row).encode() for row in rows])
            if made:
                content = b"\n".join(made) + b"\n"
                batch[key] = self._store(f"{batch['id']}_{key}", "batch_output", content).file_id
        batch[f"{batch['status']}_at"] = int(time.time())
        self.edit_batch(batch)

    def answered(self, line: Json) -> tuple[int, Json]:
        """What a single request of this body would be answered."""
        body = self._answers[line["url"].removeprefix("/v1")](line["body"])
        return (400 if "error" in body else 200), body

    def _problem(self, batch: Json, lines: list[Json]) -> str | None:
        names = [line.get("custom_id") for line in lines]
        inputs = sum(
            len(line["body"]["input"]) for line in lines if line["url"] == "/v1/embeddings"
        )
        checks = {
            "empty_file": not lines,
            "too_many_tasks": len(lines) > MAX_LINES or inputs > MAX_INPUTS,
            "duplicate_custom_id": len(set(names)) != len(names),
            "mismatched_model": len({line["body"]["model"] for line in lines}) > 1,
            "invalid_url": any(line["url"] != batch["endpoint"] for line in lines),
            "invalid_method": any(line["method"] != "POST" for line in lines),
        }
        return next((code for code, wrong in checks.items() if wrong), None)


def _shown(batch: Json) -> Json:
    return {name: value for name, value in batch.items() if not name.startswith("_")}


def _page(rows: list[Json], query: dict[str, list[str]]) -> Reply:
    """One page of a list, newest first as the server gives it."""
    after = query.get("after", [""])[0]
    start = next((place + 1 for place, row in enumerate(rows) if row["id"] == after), 0)
    limit = int(query.get("limit", ["20"])[0])
    page = [_shown(row) for row in rows[start : start + limit]]
    more = len(rows) > start + limit
    return Reply(200, {"object": "list", "data": page, "has_more": more})
