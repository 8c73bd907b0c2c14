"""Odd input of every kind, sent to every route that takes any: a clear refusal, never a fault."""

import json
from collections.abc import Callable, Iterator
from itertools import islice

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from scheduler.web.security import BODY_BYTES
from scheduler.web.strict_json import NotTaken, StrictJSON, has_odd_characters, loads
from tests.support.signing_in import OWNER, signed_in, staff_token

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
HUGE = 10**30


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


BODIES: dict[str, tuple[str, bytes]] = {
    "nothing": ("", b""),
    "json nested 100,000 deep": ("application/json", deep(30000).encode()),
    "json nested 21 deep": ("application/json", deep(21).encode()),
    "json objects nested deep": ("application/json", b'{"a":' * 9000 + b"1" + b"}" * 9000),
    "json list": ("application/json", b"[1]"),
    "json text": ("application/json", b'"text"'),
    "json null": ("application/json", b"null"),
    "json of nothing": ("application/json", b""),
    "json half": ("application/json", b'{"start": "2026'),
    "json twice": ("application/json", b'{"type": "a", "type": "b"}'),
    "json NaN": ("application/json", b'{"start": NaN}'),
    "json huge number": ("application/json", json.dumps({"start": HUGE, "type": HUGE}).encode()),
    "json 5000 digits": ("application/json", b'{"start": ' + b"9" * 5000 + b"}"),
    "json not utf-8": ("application/json", b'{"name": "\xff\xfe"}'),
    "json with odd fields": (
        "application/json",
        json.dumps(
            {
                "type": [],
                "start": {},
                "mode": 1,
                "name": None,
                "email": True,
                "therapist": {"a": 1},
                "consents": "x",
            }
        ).encode(),
    ),
    "json NUL": (
        "application/json",
        json.dumps(
            {"type": "consultation\0", "name": "V\0era", "email": "a\0@b.example", "start": "\0"}
        ).encode(),
    ),
    "json lone surrogate": ("application/json", b'{"type": "\\ud800", "name": "\\ud800", "note": "\\udc00"}'),
    "form NUL": (
        "application/x-www-form-urlencoded",
        b"start=%00&name=V%00era&action=cancel%00&form_token=%00",
    ),
    "form not utf-8": ("application/x-www-form-urlencoded", b"start=%ff%fe&name=%ed%a0%80&email=%c3%28"),
    "form huge numbers": (
        "application/x-www-form-urlencoded",
        f"start={HUGE}&therapist={HUGE}&day={HUGE}".encode(),
    ),
    "form odd dates": (
        "application/x-www-form-urlencoded",
        b"day=2026-02-31&start=-1&week=0000-00-00&month=13",
    ),
    "form other digits": (
        "application/x-www-form-urlencoded",
        "start=\u0661\u0662\u0663&day=\u0662\u0660".encode(),
    ),
    "form many fields": ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(2000))),
    "form too long": ("application/x-www-form-urlencoded", b"note=" + b"x" * BODY_BYTES),
    "multipart broken": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n"),
    "multipart without boundary": ("multipart/form-data", b"a=1"),
    "multipart with a file": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="start"; filename="a"\r\n\r\n1\r\n--x--\r\n',
    ),
    "plain text": ("text/plain", b"start=1"),
    "xml": ("application/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    "odd content type": ("app\x7flication/;;;=", b"a"),
}
A_FORM = {what: BODIES[what] for what in ("nothing", "form NUL")}
QUERIES = [
    "day=2026-02-31",
    "day=%00",
    f"day={HUGE}",
    "day=9999-12-31",
    "day=0001-01-01",
    "month=2026-13",
    "month=9999-12",
    "week=0001-01-01",
    "week=9999-12-31",
    "week=x",
    "from=2026-01-01&to=9999-12-31",
    "from=9999-12-31&to=0001-01-01",
    "from=%ff&to=%ed%a0%80",
    "tz=../../etc/passwd",
    "tz=%00",
    "lang=%ff&therapist=%00&theme=*&accent=zzz",
    "therapist=" + "x" * 5000,
    "from=2026-06-01&from=2026-06-02&to=2026-06-03",
]
ARGUMENTS = {
    "practice": "demo",
    "kind": "consultation",
    "type": "consultation",
    "kind_slug": "consultation",
    "therapist": "ada",
}
ODD_ARGUMENTS = [
    "x" * 43,
    "\ufffd",
    "a" * 3000,
    "%ed%a0%80",
    "..",
    "0",
    "-1",
    str(HUGE),
    "%00",
    "'; DROP TABLE users;--",
]


def addresses(rule: Rule, odd: str) -> Iterator[str]:
    """The route with its usual arguments, then with each argument odd in turn."""
    usual = {name: ARGUMENTS.get(name, "x" * 43) for name in rule.arguments}
    for changed in [None, *sorted(rule.arguments)]:
        address = rule.rule
        for name, value in usual.items():
            for spelled in (f"<{name}>", *(f"<{kind}:{name}>" for kind in ("string", "path", "uuid", "int"))):
                address = address.replace(spelled, odd if name == changed else value)
        if "<" not in address:
            yield address


def rules(app: Flask, methods: set[str]) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if methods & (rule.methods or set())]


@pytest.fixture
def odd_app(make_app: Callable[..., Flask], postgres_demo_database: str) -> Flask:
    """The application as a server runs it: faults become answers."""
    app = make_app(postgres_demo_database)
    app.testing = False
    return app


def faults(answers: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(what, status) for what, status in answers if status >= 500]


@pytest.mark.slow
@pytest.mark.parametrize("who", ["visitor", "owner"])
def test_no_body_makes_a_fault(odd_app: Flask, who: str) -> None:
    client = signed_in(odd_app, OWNER) if who == "owner" else odd_app.test_client()
    answers = []
    for rule in rules(odd_app, CHANGING):
        if rule.endpoint == "security.logout" or rule.rule.startswith("/practice") != (who == "owner"):
            continue
        usual, *odd = addresses(rule, "x")
        for address, bodies in [(usual, BODIES), *((one, A_FORM) for one in odd)]:
            for what, status in sent(client, address, rule, bodies, is_staff=who == "owner"):
                answers.append((f"{what} to {address}", status))
    assert faults(answers) == []
    assert len(answers) > 30


def sent(
    client: FlaskClient, address: str, rule: Rule, bodies: dict[str, tuple[str, bytes]], *, is_staff: bool
) -> Iterator[tuple[str, int]]:
    headers = {"X-CSRFToken": staff_token(client)} if is_staff else {}
    for method in sorted(CHANGING & (rule.methods or set())):
        for what, (content_type, body) in bodies.items():
            answer = client.open(
                address,
                method=method,
                data=body,
                content_type=content_type or None,
                headers={**headers, "Idempotency-Key": "\u00ff" * 300},
            )
            yield f"{method} {what}", answer.status_code


@pytest.mark.slow
@pytest.mark.parametrize("who", ["visitor", "owner"])
def test_no_query_and_no_address_makes_a_fault(odd_app: Flask, who: str) -> None:
    client = signed_in(odd_app, OWNER) if who == "owner" else odd_app.test_client()
    answers = []
    for rule in rules(odd_app, {"GET"}):
        if rule.endpoint in ("health.readyz", "static"):
            continue
        for address in {spelled for odd in ODD_ARGUMENTS for spelled in addresses(rule, odd)}:
            answers.append((f"GET {address}", client.get(address).status_code))
        for address in islice(addresses(rule, "x"), 1):
            for query in QUERIES:
                answers.append((f"GET {address}?{query}", client.get(f"{address}?{query}").status_code))
    assert faults(answers) == []
    assert len(answers) > 200


def test_no_method_makes_a_fault(odd_app: Flask) -> None:
    client = odd_app.test_client()
    answers = [
        (f"{method} {address}", client.open(address, method=method).status_code)
        for rule in odd_app.url_map.iter_rules()
        for address in list(addresses(rule, "x"))[:1]
        for method in ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "GET\u00e4")
        if not rule.rule.startswith("/readyz")
    ]
    assert faults(answers) == []


def test_no_header_makes_a_fault(odd_app: Flask) -> None:
    client = odd_app.test_client()
    headers = [
        {"Accept-Language": "\u00ff,;;q=x,*;q=9"},
        {"Accept-Language": "x" * 5000},
        {"If-None-Match": '"\u00ff'},
        {"Cookie": "session=\u00ff; session=; =;"},
        {"Authorization": "Bearer \u00ff"},
        {"X-Forwarded-For": "\u00ff, x"},
        {"Content-Length": "-1"},
        {"Content-Type": "multipart/form-data; boundary=" + "x" * 5000},
        {"Range": "bytes=9-1"},
    ]
    answers = [
        (f"{address} {given}", client.get(address, headers=given).status_code)
        for address in ("/book/demo/", "/practice/sign-in", "/api/v1/practices/demo", "/metrics", "/nowhere")
        for given in headers
    ]
    assert faults(answers) == []


# ---- JSON ------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        deep(100_000),
        deep(22),
        '{"a": "\\ud800"}',
        '{"\\udfff": 1}',
        '"\\u0000"',
        "NaN",
        "-Infinity",
        '{"a": 1, "a": 1}',
        "9" * 18,
        "-9007199254740992",
        "{",
        "",
    ],
)
def test_json_that_would_make_trouble_further_down_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        loads(text)


def test_ordinary_json_is_read_as_it_stands(app: Flask) -> None:
    text = '{"name": "Zoë 🌻", "list": [1, 2.5, null, true, {"a": "\\ud83c\\udf3b"}], "n": 9007199254740991}'
    expected = {"name": "Zoë 🌻", "list": [1, 2.5, None, True, {"a": "🌻"}], "n": 2**53 - 1}
    assert loads(text) == expected == StrictJSON(app).loads(text.encode())


def test_twenty_levels_are_taken_and_one_more_is_not() -> None:
    assert loads(deep(20)) == json.loads(deep(20))
    with pytest.raises(NotTaken):
        loads(deep(22))


@pytest.mark.parametrize(
    ("text", "odd"), [("Zoë", False), ("a\x00b", True), ("\ud800", True), ("🌻\n", False)]
)
def test_odd_characters_are_those_no_database_holds(text: str, odd: bool) -> None:
    assert has_odd_characters(text) is odd


# ---- sizes and forgery -----------------------------------------------------


def test_a_body_has_at_most_64_kilobytes(demo_client: FlaskClient) -> None:
    long = b'{"note": "' + b"x" * BODY_BYTES + b'"}'
    answer = demo_client.post(
        "/api/v1/practices/demo/appointments", data=long, content_type="application/json"
    )
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


FORGED = [
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Sec-Fetch-Site": "none"}, 403),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "http://localhost:81"}, 403),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 404),
    ({}, 404),
]


@pytest.mark.parametrize(("headers", "status"), FORGED)
def test_a_change_comes_from_a_page_of_ours(demo_app: Flask, headers: dict[str, str], status: int) -> None:
    client = signed_in(demo_app, OWNER)
    form = {"csrf_token": staff_token(client)}
    assert client.post("/practice/no-such-page", data=form, headers=headers).status_code == status


def test_a_change_needs_the_token_of_this_very_session(demo_app: Flask) -> None:
    client, other = signed_in(demo_app, OWNER), signed_in(demo_app, OWNER)
    for token in ("", "x", staff_token(other)):
        answer = client.post("/practice/hours", data={"csrf_token": token})
        assert (answer.status_code, "open for a long time" in answer.text) == (400, True)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/xml"])
def test_practice_pages_take_forms_only(demo_app: Flask, content_type: str) -> None:
    client = signed_in(demo_app, OWNER)
    headers = {"X-CSRFToken": staff_token(client)}
    answer = client.post("/practice/hours", data=b"{}", content_type=content_type, headers=headers)
    assert answer.status_code == 415
