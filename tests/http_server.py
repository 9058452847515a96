"""A local HTTP server that fails on request, for tests of downloads."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Server:
    """What a server answers with, and what it was asked.

    `files` maps a path (with its query) to a body, or to a function of the request's headers that
    returns (status, headers, body). `failures` maps a path to statuses that its next requests are
    answered with first; `cuts` to the number of bytes after which the next answers break off.
    """

    address: str = ""
    files: dict[str, object] = field(default_factory=dict)
    failures: dict[str, list[int]] = field(default_factory=dict)
    cuts: dict[str, list[int]] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def asked(self, path: str) -> list[dict[str, str]]:
        """Return the headers of each request for `path`."""
        return [headers for asked, headers in self.requests if asked == path]


@contextmanager
def running_server() -> Iterator[Server]:
    """Run a server of its own for the block; ranges of bytes are served as asked."""
    server = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.title(): value for name, value in self.headers.items()}
            server.requests.append((self.path, headers))
            status, extra, body = self._answer(headers)
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            cuts = server.cuts.get(self.path)
            if cuts:
                self.wfile.write(body[: cuts.pop(0)])
                self.close_connection = True
                return
            self.wfile.write(body)

        def _answer(self, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
            failures = server.failures.get(self.path)
            if failures:
                return failures.pop(0), {}, b"not now"
            body = server.files.get(self.path)
            if body is None:
                return 404, {}, b"not here"
            if callable(body):
                return body(headers)
            begin = int(headers.get("Range", "bytes=0-")[6:].rstrip("-"))
            if "Range" not in headers:
                return 200, {"Accept-Ranges": "bytes"}, body
            if begin >= len(body):
                return 416, {}, b""
            place = {"Content-Range": f"bytes {begin}-{len(body) - 1}/{len(body)}"}
            return 206, place, body[begin:]

        def log_message(self, *arguments: object) -> None:
            """Keep quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        server.address = f"http://127.0.0.1:{running.server_port}"
        try:
            yield server
        finally:
            running.shutdown()
