"""A collector of telemetry on loopback: takes OTLP over HTTP and what Azure Monitor is sent."""

from __future__ import annotations

import gzip
import threading
import zlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Collector:
    """What arrived, by path, as it was before it was compressed."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, bytes]] = []
        self.url = ""

    def raw(self, path: str = "") -> bytes:
        return b"\n".join(body for where, body in self.bodies if where.startswith(path))

    def spans(self) -> list[Any]:
        """Spans of OTLP, each with `resource`, a dictionary, beside it."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceRequest,
        )

        found = []
        for path, body in self.bodies:
            if path == "/v1/traces":
                for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                    found += [span for scope in group.scope_spans for span in scope.spans]
        return found

    def metrics(self) -> dict[tuple[str, frozenset[tuple[str, Any]]], float]:
        """Counters and the sums of durations, by name and attributes."""
        from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
            ExportMetricsServiceRequest,
        )

        found: dict[tuple[str, frozenset[tuple[str, Any]]], float] = {}
        for path, body in self.bodies:
            if path != "/v1/metrics":
                continue
            for group in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for metric in (each for scope in group.scope_metrics for each in scope.metrics):
                    points = [*metric.sum.data_points, *metric.histogram.data_points]
                    for point in points:
                        key = (metric.name, frozenset(attributes(point).items()))
                        # An unsigned zero of the histogram has no `as_int`.
                        found[key] = (
                            point.sum
                            if metric.HasField("histogram")
                            else point.as_int or point.as_double
                        )
        return found


def attributes(holder: Any) -> dict[str, Any]:
    """Attributes of a span, a data point or a resource."""
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value")) for each in holder.attributes
    }


@contextmanager
def collector() -> Iterator[Collector]:
    """A running one."""
    made = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            packed = self.headers.get("content-encoding", "")
            unpack = {"gzip": gzip.decompress, "deflate": zlib.decompress}.get(packed, bytes)
            made.bodies.append((self.path, unpack(body)))
            answer = b'{"itemsReceived":1,"itemsAccepted":1,"errors":[]}'
            is_azure = "track" in self.path
            self.send_response(200)
            self.send_header("content-length", str(len(answer) if is_azure else 0))
            self.end_headers()
            if is_azure:
                self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
