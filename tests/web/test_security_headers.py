"""What every answer carries, and who may frame or read it."""

from collections.abc import Callable

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from scheduler.web.security import HSTS
from tests.support.signing_in import ADA, signed_in

PAGES = [
    "/book/demo/",
    "/book/demo/consultation",
    "/book/demo/privacy",
    "/practice/sign-in",
    "/practice/",
    "/appointments/" + "x" * 43,
    "/api/v1/practices/demo",
    "/feeds/" + "x" * 43 + ".ics",
    "/feeds/" + "x" * 43 + ".ifb",
    "/healthz",
    "/robots.txt",
    "/nowhere",
    "/embed.js",
    "/static/css/base.css",
]
PRODUCTION = {
    "SCHEDULER_ENV": "production",
    "SCHEDULER_PUBLIC_URL": "https://book.example.org",
    "SCHEDULER_RATE_LIMITS": None,
    "MAIL_DEFAULT_SENDER": "office@example.org",
    "SCHEDULER_DEMO_PASSWORD": None,
}


def policy(client: FlaskClient, path: str) -> dict[str, list[str]]:
    directives = client.get(path).headers["Content-Security-Policy"].split("; ")
    return {name: values for name, *values in (directive.split() for directive in directives)}


def test_the_made_up_website_allows_the_widget_and_nothing_else(demo_client: FlaskClient) -> None:
    directives = policy(demo_client, "/demo/")
    assert directives["default-src"] == directives["form-action"] == ["'none'"]
    assert directives["script-src"] == directives["frame-src"] == ["http://localhost"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_forbids_what_it_does_not_need(demo_client: FlaskClient, path: str) -> None:
    directives = policy(demo_client, path)
    assert directives.pop("frame-ancestors")
    assert directives == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "frame-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
    headers = demo_client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Referrer-Policy"] == ("same-origin" if path.startswith("/practice") else "no-referrer")
    assert "charset=" in headers["Content-Type"] or "json" in headers["Content-Type"]
    assert "Server" not in headers
    assert "X-Powered-By" not in headers


@pytest.mark.parametrize("path", [path for path in PAGES if not path.startswith(("/book/", "/demo/"))])
def test_only_pages_made_for_it_can_be_framed(demo_client: FlaskClient, path: str) -> None:
    assert policy(demo_client, path)["frame-ancestors"] == ["'none'"]
    assert demo_client.get(path).headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ((), "'none'"),
        (("https://praxis.example",), "https://praxis.example"),
        (("'self'", "http://127.0.0.1:8000"), "'self' http://127.0.0.1:8000"),
        ("'self' https://a.example", "'self' https://a.example"),
        (("*",), "'none'"),
        (("https://a.example; script-src *",), "'none'"),
        (("https://*.example", "data:", "https://b.example"), "https://b.example"),
    ],
)
def test_a_site_is_listed_as_framing_only_if_it_is_an_origin(
    demo_app: Flask, listed: object, told: str
) -> None:
    def view() -> str:
        g.frame_ancestors = listed
        return ""

    demo_app.add_url_rule("/book/framed", "framed", view)
    answer = demo_app.test_client().get("/book/framed")
    assert answer.headers["Content-Security-Policy"].split("frame-ancestors ")[1] == told
    assert ("X-Frame-Options" in answer.headers) == (told == "'none'")


@pytest.mark.parametrize("path", ["/practice/", "/practice/hours", "/practice/confirm"])
def test_practice_pages_are_kept_by_nobody(demo_app: Flask, path: str) -> None:
    headers = signed_in(demo_app, ADA).get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("path", ["/appointments/" + "x" * 43, "/practice/sign-in", "/nowhere", "/healthz"])
def test_private_pages_are_not_stored_and_not_indexed(demo_client: FlaskClient, path: str) -> None:
    headers = demo_client.get(path).headers
    assert (headers["Cache-Control"], headers["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")


def test_search_engines_find_booking_pages_and_no_secret_path(demo_client: FlaskClient) -> None:
    assert "X-Robots-Tag" not in demo_client.get("/book/demo/").headers
    lines = demo_client.get("/robots.txt").text.splitlines()
    assert lines == ["User-agent: *", "Allow: /book/", "Allow: /demo/", "Disallow: /"]


def test_https_is_insisted_on_in_production_only(
    make_app: Callable[..., Flask], any_demo_database: str
) -> None:
    production = make_app(any_demo_database, **PRODUCTION).test_client()
    demo = make_app(any_demo_database).test_client()
    assert (
        production.get("/healthz", base_url="https://book.example.org").headers["Strict-Transport-Security"]
        == HSTS
    )
    assert "Strict-Transport-Security" not in demo.get("/healthz", base_url="https://localhost").headers


def test_foreign_hosts_are_refused_without_an_address_in_the_answer(
    make_app: Callable[..., Flask], any_demo_database: str
) -> None:
    app = make_app(any_demo_database, **PRODUCTION)
    for headers in ({"Host": "evil.example"}, {"Host": "book.example.org.evil.example"}, {"Host": "a b"}):
        answer = app.test_client().get("/book/demo/", headers=headers)
        assert (answer.status_code, answer.content_type) == (400, "text/plain; charset=utf-8")
        assert "evil" not in answer.text
    forwarded = {
        "Host": "book.example.org",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "host=evil.example",
    }
    answer = app.test_client().get("/book/demo/", headers=forwarded)
    assert answer.status_code == 200
    assert "evil" not in answer.text + str(answer.headers)


def test_no_page_sets_a_cookie_for_a_visitor(demo_app: Flask) -> None:
    client = demo_app.test_client()
    client.set_cookie("session", "x" * 43)
    given = {
        path: client.get(path).headers.getlist("Set-Cookie") for path in PAGES if "/practice" not in path
    }
    assert set(map(len, given.values())) == {0}
    assert not any("Cookie" in client.get(path).headers.get("Vary", "") for path in given)


def test_touching_a_session_on_a_visitors_page_is_an_error(demo_app: Flask) -> None:
    def view() -> str:
        return generate_csrf()

    demo_app.add_url_rule("/book/forgetful", "forgetful", view)
    with pytest.raises(RuntimeError, match="session is unavailable"):
        demo_app.test_client().get("/book/forgetful")
