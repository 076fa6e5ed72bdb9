"""The page on this machine only, for a look without a file."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK = "127.0.0.1"


@contextmanager
def serve_page(page: str, port: int = 0) -> Iterator[str]:
    """The address of `page` while the block runs; port 0 takes a free one.

    Raises:
        UsageError: the port is taken.
    """
    try:
        server = ThreadingHTTPServer((LOOPBACK, port), _handler(page.encode()))
    except OSError as error:
        raise UsageError(
            f"cannot listen on port {port}: {error.strerror}", hint="choose another --port"
        ) from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(page: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server_version = "insights"
        sys_version = ""

        def do_GET(self) -> None:
            # A page of somebody else whose name now leads here must not read this one.
            host = self.headers.get("Host", "").rsplit(":", 1)[0]
            if host not in (LOOPBACK, "localhost"):
                self.send_error(421)
            elif self.path != "/":
                self.send_error(404)
            else:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Content-Security-Policy", "frame-ancestors 'none'")
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Requests are nobody's business."""

    return Handler
