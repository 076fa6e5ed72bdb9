"""A small server that speaks OpenAI's API on loopback, with faults to order.

In a test::

    with FakeOpenAI() as server:
        server.script(faults.rate_limited(retry_after="2"), None)   # a 429, then a good answer
        ...                                                         # base_url=server.url
        assert server.count("/embeddings") == 2

As a process: `python -m tests.fakes.openai_server --port 8089` serves until it is ended;
`GET /_fake/requests` tells how many requests each path has had.

Azure OpenAI's addresses are served too: `azure_endpoint=server.azure_endpoint`, any deployment
unless `deployments` names them with their models.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from tests.fakes import faults
from tests.fakes.batch_api import BatchApi
from tests.fakes.faults import Fault, Reply
from tests.fakes.openai_answers import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

AZURE_PATH = re.compile(r"/openai/deployments/([^/?]+)(/[^?]+)\?api-version=([^&]+)$")


@dataclass(frozen=True)
class Request:
    """A request as it came in; `deployment` and `api_version` on Azure's addresses only."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    deployment: str | None = None
    api_version: str | None = None
    at: float = field(default_factory=time.monotonic)


class FakeOpenAI:
    """The server, in a thread of its own; a context manager.

    Args:
        port: 0 picks a free one.
        key: the only key accepted; None accepts every key.
        latency: seconds before each answer.
        fault_rate: share of requests that fail where no script is left, by `fault_pool`.
        seed: of the choice of faults.
        deployments: Azure's names with the models behind them; None takes every name, as that
            of a model.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        key: str | None = None,
        latency: float = 0.0,
        fault_rate: float = 0.0,
        fault_pool: Iterable[Fault] = (),
        seed: int = 0,
        deployments: Mapping[str, str] | None = None,
    ) -> None:
        self.key = key
        self.deployments = deployments
        self.latency = latency
        self.requests: list[Request] = []
        self.overrides: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
        self.batch_api = BatchApi(ANSWERS)
        self._fault_rate, self._fault_pool = fault_rate, tuple(fault_pool)
        self._random = random.Random(seed)
        self._script: list[Fault | None] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.fake = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The base URL for the client."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def azure_endpoint(self) -> str:
        """The address as Azure's clients take it."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def serve_forever(self) -> None:
        """Serve in this thread."""
        self._server.serve_forever()

    def script(self, *answers: Fault | None, repeat: int = 1) -> None:
        """Queue answers for the next requests, None for a good one; good ones follow."""
        with self._lock:
            self._script.extend(answers * repeat)

    def count(self, path: str | None = None) -> int:
        """Requests so far, of one path ("/embeddings") or of all."""
        with self._lock:
            return sum(path is None or request.path == path for request in self.requests)

    def counts(self) -> dict[str, int]:
        """Requests so far by path."""
        with self._lock:
            return dict(Counter(request.path for request in self.requests))

    def settle(self) -> None:
        """Wait until all is recorded and answered that clients sent who have ended since."""
        with closing(HTTPConnection("127.0.0.1", self.port)) as connection:
            connection.request("GET", "/_fake/requests")
            connection.getresponse().read()  # they are taken in turn: those before it are, too
        while self._server.connections:
            time.sleep(0.005)

    def answer(self, request: Request) -> Reply:
        """Record the request and return what is sent back."""
        with self._lock:
            self.requests.append(request)
            fault = self._script.pop(0) if self._script else self._random_fault()
        if self.latency:
            time.sleep(self.latency)
        if self.key is not None and self.key not in _keys(request):
            return faults.wrong_key(request.headers.get("authorization", "")[-4:])({})
        if request.deployment is not None:
            served = self.deployments or {request.deployment: request.deployment}
            if request.deployment not in served:
                return faults.status(404, code="DeploymentNotFound")({})
            request.body["model"] = served[request.deployment]
        make = self.overrides.get(request.path) or ANSWERS.get(request.path)
        if make is None:
            return faults.status(404, code="unknown_url")({})
        good = make(request.body)
        if "error" in good:
            return Reply(400, good)
        return fault(good) if fault else Reply(200, good)

    def batch_answer(
        self, method: str, target: str, headers: dict[str, str], raw: bytes
    ) -> Reply | None:
        """What the batch and files endpoints say; None where the path is none of theirs."""
        if not target.startswith(("/v1/files", "/v1/batches")):
            return None
        if self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
            return faults.wrong_key(headers.get("authorization", "")[-4:])({})
        return self.batch_api.dispatch(method, target, headers.get("content-type", ""), raw)

    def _random_fault(self) -> Fault | None:
        if not self._fault_pool or self._random.random() >= self._fault_rate:
            return None
        return self._random.choice(self._fault_pool)


def _keys(request: Request) -> set[str]:
    """What the request says who it is: Azure has a header of its own beside tokens."""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    key = request.headers.get("api-key") if request.deployment is not None else None
    return {bearer, key or bearer}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    fake: FakeOpenAI

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.connections = 0
        self._counting = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count the connection before its thread begins."""
        self._count(1)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Until the client has hung up."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        with self._counting:
            self.connections += more

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are expected here."""


def _azure(found: re.Match[str] | None) -> tuple[str | None, str | None]:
    return (found[1], found[3]) if found else (None, None)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes
    server: _Server

    def do_GET(self) -> None:
        if self.path == "/_fake/requests":
            self._send(Reply(200, self.server.fake.counts()))
        else:
            self._send(self._of_batches(b"") or faults.status(404, code="unknown_url")({}))

    def do_DELETE(self) -> None:
        self._send(self._of_batches(b"") or faults.status(404, code="unknown_url")({}))

    def _of_batches(self, raw: bytes) -> Reply | None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        return self.server.fake.batch_answer(self.command, self.path, headers, raw)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        if reply := self._of_batches(raw):
            self._send(reply)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        azure = AZURE_PATH.match(self.path)
        path = azure[2] if azure else self.path.removeprefix("/v1").partition("?")[0]
        try:
            body = json.loads(raw)
        except ValueError:
            self._send(faults.status(400, code="invalid_json")({}))
            return
        self._send(self.server.fake.answer(Request(path, headers, body, *_azure(azure))))

    def _send(self, reply: Reply) -> None:
        if reply.delay:
            time.sleep(reply.delay)
        content = reply.content()
        if reply.drop:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in {"content-type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content) + reply.missing_bytes))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = self.close_connection or reply.missing_bytes > 0

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Be quiet."""


def main() -> None:
    """Serve as a process."""
    parser = argparse.ArgumentParser(description="A fake of OpenAI's API on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--key", help="the only key accepted")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--fault-rate", type=float, default=0.0, help="share of failing requests")
    parser.add_argument(
        "--fault", action="append", choices=sorted(faults.BY_NAME), default=[], help="which faults"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    pool = [faults.BY_NAME[name] for name in options.fault or faults.BY_NAME]
    server = FakeOpenAI(
        options.port,
        key=options.key,
        latency=options.latency,
        fault_rate=options.fault_rate,
        fault_pool=pool,
        seed=options.seed,
    )
    print(server.url, flush=True)  # noqa: T201
    server.serve_forever()


if __name__ == "__main__":
    main()
