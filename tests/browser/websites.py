"""Websites of other people, for the widget to live on: served with the strictest policy that we document."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Website:
    """A website of one page; `body` may be changed between visits."""

    url: str
    policy: str = ""
    body: str = ""
    visits: list[str] = field(default_factory=list)

    def with_widget(self, service: str, body: str, *, policy: str | None = None, nonce: str = "") -> str:
        """Put a page with the loader on the site, allowing nothing but our script and our frame."""
        own = f' nonce="{nonce}"' if nonce else ""
        self.policy = policy or f"default-src 'none'; script-src {service}; frame-src {service}"
        self.body = f'<h1>Practice</h1>{body}<script async{own} src="{service}/embed.js"></script>'
        return self.url


@pytest.fixture
def website() -> Iterator[Website]:
    """A website on an origin of its own."""
    yield from _serve(_handler)


def _serve(make: Callable[[Website], type[BaseHTTPRequestHandler]]) -> Iterator[Website]:
    site = Website("")
    server = ThreadingHTTPServer(("127.0.0.1", 0), make(site))
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield site
    server.shutdown()
    thread.join(5)


def _handler(site: Website) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.visits.append(self.path)
            page = (
                '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Practice</title>'
                '<meta name="viewport" content="width=device-width, initial-scale=1">'
                f'<link rel="icon" href="data:,"></head><body>{site.body}</body></html>'
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", f"{site.policy}; img-src data:")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
