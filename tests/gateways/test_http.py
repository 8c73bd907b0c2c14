"""Fetching without being led into the house: addresses, redirects, credentials, certificates."""

import base64
import traceback
from collections.abc import Iterator

import pytest

from scheduler.gateways.http import Fetcher, FetchFailed, FetchTrouble, normalise
from tests.gateways.certificates import Authority
from tests.gateways.conftest import Names, Wires
from tests.gateways.test_addresses import NOT_PUBLIC
from tests.gateways.website import CALENDAR, Website, answer, redirect, website
from tests.support.patience import PATIENCE

PUBLIC = "93.184.216.34"
OTHER_PUBLIC = "2606:2800:220:1:248:1893:25c8:1946"
SIGN_IN = ("ada", "canary:ä")
AUTHORIZATION = "Basic " + base64.b64encode("ada:canary:ä".encode()).decode()
LOOPBACKS = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.000.000.001",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0x7f000001",
    "0x7f.0x0.0x0.0x1",
    "0x7F.1",
    "0",
    "0.0.0.0",
    "localhost",
    "LocalHost.",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::1]",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127%2e0%2e0%2e1",
]


def house(*sites: Website, deadline: float = PATIENCE, ca_file: str | None = None) -> Fetcher:
    """A fetcher for which these servers are the operator's exceptions."""
    return Fetcher(allowed=[site.door for site in sites], deadline=deadline, ca_file=ca_file)


def trouble(fetcher: Fetcher, url: str, method: str = "GET") -> FetchTrouble:
    """The class in which a request fails; its text is that class and nothing else."""
    with pytest.raises(FetchFailed) as caught:
        fetcher.request(method, url)
    assert str(caught.value) == caught.value.status.value
    return caught.value.status


# ---- addresses -------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", LOOPBACKS)
def test_no_spelling_of_loopback_gets_through(host: str, wires: Wires) -> None:
    fetcher = Fetcher()
    for url in (f"https://{host}/", f"https://{host}:8443/", f"webcal://{host}/"):
        assert trouble(fetcher, url) == FetchTrouble.NOT_ALLOWED
    assert wires.tried == []


def test_a_name_for_a_place_in_the_house_gets_through_nowhere(wires: Wires) -> None:
    fetcher = Fetcher(resolve=Names({"cal.example": [[address] for address in NOT_PUBLIC]}))
    for address in NOT_PUBLIC:
        assert trouble(fetcher, "https://cal.example/") == FetchTrouble.NOT_ALLOWED, address
    assert wires.tried == []


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:169.254.169.254"])
def test_one_address_in_the_house_among_public_ones_is_enough(inner: str, wires: Wires) -> None:
    for found in ([PUBLIC, inner], [inner, PUBLIC], [PUBLIC, OTHER_PUBLIC, PUBLIC, PUBLIC, PUBLIC, inner]):
        fetcher = Fetcher(resolve=Names({"cal.example": [found]}))
        assert trouble(fetcher, "https://cal.example/") == FetchTrouble.NOT_ALLOWED
    assert wires.tried == []


@pytest.mark.parametrize(
    "url",
    [
        "http://cal.example/",
        "https://cal.example:22/",
        "https://cal.example:5232/",
        "http://cal.example:443/",
    ],
)
def test_plain_http_and_odd_ports_are_for_exceptions(url: str, wires: Wires) -> None:
    names = Names({"cal.example": [[PUBLIC]]})
    assert trouble(Fetcher(resolve=names), url) == FetchTrouble.NOT_ALLOWED
    assert (names.asked, wires.tried) == ([], [])


def test_a_name_is_looked_up_once_and_exactly_that_address_is_asked(wires: Wires) -> None:
    names = Names({"cal.example": [[PUBLIC], ["127.0.0.1"]]})
    assert trouble(Fetcher(resolve=names), "https://cal.example/") == FetchTrouble.NO_ANSWER
    assert (names.asked, wires.tried) == (["cal.example"], [(PUBLIC, 443)])
    assert trouble(Fetcher(resolve=names), "https://cal.example/") == FetchTrouble.NOT_ALLOWED
    assert wires.tried == [(PUBLIC, 443)]


def test_the_next_address_is_tried_when_one_does_not_answer(wires: Wires) -> None:
    many = [OTHER_PUBLIC, PUBLIC, "8.8.8.8", "8.8.4.4", "1.1.1.1"]
    assert trouble(Fetcher(resolve=Names({"cal.example": [many]})), "https://cal.example/")
    assert wires.tried == [(address, 443) for address in many[:4]]


def test_who_ends_up_elsewhere_says_nothing(wires: Wires, tls_site: Website, bundle: str) -> None:
    wires.honest = False
    wires.lead(PUBLIC, 443, tls_site)
    fetcher = Fetcher(resolve=Names({"cal.example": [[PUBLIC]]}), ca_file=bundle)
    assert trouble(fetcher, "https://cal.example/") == FetchTrouble.NO_ANSWER
    assert tls_site.heard == []


def test_a_name_that_nobody_knows_gives_no_answer(wires: Wires) -> None:
    assert trouble(Fetcher(resolve=Names({})), "https://cal.example/") == FetchTrouble.NO_ANSWER
    assert trouble(Fetcher(resolve=Names({"cal.example": [[]]})), "https://cal.example/") == "no_answer"


def test_an_exception_opens_one_port_of_one_host(site: Website, other_site: Website) -> None:
    site.sayings["/a.ics"] = answer()
    assert house(site).request("GET", site.url("/a.ics")).body == CALENDAR
    assert trouble(house(site), other_site.url()) == FetchTrouble.NOT_ALLOWED
    assert trouble(house(site), f"http://localhost:{site.port}/") == FetchTrouble.NOT_ALLOWED
    assert other_site.connections == 0


def test_an_exception_does_not_open_the_cloud_s_own_services(wires: Wires) -> None:
    names = Names({"cloud.lan": [["169.254.169.254"]]})
    fetcher = Fetcher(allowed=["169.254.169.254:80", "cloud.lan:80"], resolve=names)
    assert trouble(fetcher, "http://169.254.169.254/latest/") == FetchTrouble.NOT_ALLOWED
    assert trouble(fetcher, "http://cloud.lan/") == FetchTrouble.NOT_ALLOWED
    assert wires.tried == []


def test_proxies_of_the_environment_are_not_asked(
    site: Website, other_site: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, other_site.url())
    site.sayings["/a.ics"] = answer()
    assert house(site).request("GET", site.url("/a.ics")).status == 200
    assert other_site.connections == 0


def test_webcal_is_https_and_other_addresses_have_no_normal_form() -> None:
    assert normalise("webcal://Cal.Example/a.ics") == "https://cal.example/a.ics"
    with pytest.raises(FetchFailed, match=r"^not_allowed$"):
        normalise("ftp://cal.example/a.ics")


# ---- what is said and heard ------------------------------------------------------------------------


def test_a_request_says_what_it_must_and_no_more(site: Website) -> None:
    site.sayings["/dav/?a=%20b"] = answer(
        b"<x/>", 'ETag: "1"', "DAV: 1", "DAV: calendar-access", status="207 Multi-Status"
    )
    heard = house(site).request(
        "REPORT", site.url("/dav/?a=%20b"), headers={"Depth": "1"}, body=b"<q/>", credentials=SIGN_IN
    )
    assert (heard.status, heard.body, heard.url) == (207, b"<x/>", site.url("/dav/?a=%20b"))
    assert dict(heard.headers) == {"content-length": "4", "etag": '"1"', "dav": "1, calendar-access"}
    [request] = site.heard
    assert (request.method, request.body) == ("REPORT", b"<q/>")
    assert request.headers == {
        "host": site.door,
        "accept-encoding": "identity",
        "connection": "close",
        "user-agent": "calm-scheduler",
        "depth": "1",
        "content-length": "4",
        "authorization": AUTHORIZATION,
    }


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified", "401 Unauthorized", "500 Broken"])
def test_any_status_is_an_answer(status: str, site: Website) -> None:
    site.sayings["/"] = answer(b"", status=status)
    assert house(site).request("GET", site.url()).status == int(status[:3])


@pytest.mark.parametrize("name", ["Authorization", "cookie", "HOST", "Accept-Encoding", "Content-Length"])
def test_headers_of_our_own_are_not_the_caller_s(name: str, site: Website) -> None:
    with pytest.raises(ValueError, match="not a method or header"):
        house(site).request("GET", site.url(), headers={name: "x"})
    with pytest.raises(ValueError, match="not a method or header"):
        house(site).request("TRACE", site.url())
    assert site.connections == 0


def test_a_header_cannot_be_broken_out_of(site: Website) -> None:
    for text in ('"1"\r\nX-Injected: 1', '"1"\n\nGET /'):
        with pytest.raises(ValueError, match="one line"):
            house(site).request("PUT", site.url(), headers={"If-Match": text}, body=b"x")
    assert site.connections == 0


def test_a_header_that_comes_folded_can_be_sent_back(site: Website) -> None:
    site.sayings["/"] = answer(b"", 'ETag: "a', ' b\x80"')
    heard = house(site).request("GET", site.url())
    assert heard.headers["etag"] == '"a b "'
    site.sayings["/"] = answer()
    house(site).request("PUT", site.url(), headers={"If-Match": heard.headers["etag"]}, body=b"x")
    assert site.heard[1].headers["if-match"] == '"a b "'


# ---- redirects -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.1:1/",
        "https://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "https://[::ffff:169.254.169.254]/",
        "//10.0.0.1/",
        "https://ada:secret@example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://example.org/a b",
    ],
)
def test_a_redirect_passes_the_same_guard(to: str, site: Website, wires: Wires) -> None:
    wires.lead("127.0.0.1", site.port, site)
    site.sayings["/"] = redirect(to)
    assert trouble(house(site), site.url()) == FetchTrouble.NOT_ALLOWED
    assert wires.tried == [("127.0.0.1", site.port)]


@pytest.mark.parametrize("method", ["GET", "PROPFIND", "REPORT"])
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Again", "308 Moved for good"])
def test_three_redirects_are_followed(method: str, status: str, site: Website) -> None:
    site.sayings = {f"/{hop}": redirect(f"/{hop + 1}", status) for hop in range(3)}
    site.sayings["/3"] = answer()
    heard = house(site).request(method, site.url("/0"), body=b"<q/>")
    assert (heard.body, heard.url) == (CALENDAR, site.url("/3"))
    assert [(request.method, request.body) for request in site.heard] == [(method, b"<q/>")] * 4


def test_a_fourth_redirect_and_a_circle_end_without_an_answer(site: Website) -> None:
    site.sayings = {f"/{hop}": redirect(f"/{hop + 1}") for hop in range(4)}
    site.sayings |= {"/4": answer(), "/round": redirect("/round")}
    assert trouble(house(site), site.url("/0")) == FetchTrouble.NO_ANSWER
    assert trouble(house(site), site.url("/round")) == FetchTrouble.NO_ANSWER
    assert [request.target for request in site.heard] == ["/0", "/1", "/2", "/3", *["/round"] * 4]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_changes_something_is_never_repeated_elsewhere(method: str, site: Website) -> None:
    site.sayings["/a"] = redirect("/b", "308 Moved")
    assert house(site).request(method, site.url("/a"), body=b"x").status == 308
    assert [request.target for request in site.heard] == ["/a"]


def test_a_redirect_to_nowhere_is_just_an_answer(site: Website) -> None:
    site.sayings["/"] = answer(b"", status="302 Found")
    assert house(site).request("GET", site.url()).status == 302


def test_credentials_stay_with_their_origin(site: Website, other_site: Website) -> None:
    site.sayings = {"/a": redirect("/b"), "/b": redirect(other_site.url("/c")), "/d": answer()}
    other_site.sayings["/c"] = redirect(site.url("/d"))
    assert house(site, other_site).request("GET", site.url("/a"), credentials=SIGN_IN).status == 200
    assert [request.headers.get("authorization") for request in site.heard] == [AUTHORIZATION] * 2 + [None]
    [there] = other_site.heard
    assert "authorization" not in there.headers
    assert "canary" not in repr(there)


# ---- TLS -------------------------------------------------------------------------------------------


@pytest.fixture
def tls_site(authority: Authority) -> Iterator[Website]:
    """A server called cal.example, and 127.0.0.1 too."""
    with website(authority.server_context("cal.example", "127.0.0.1")) as running:
        yield running


def test_the_name_stays_the_name_when_the_address_is_fixed(
    wires: Wires, tls_site: Website, bundle: str
) -> None:
    seen = []
    assert tls_site.tls
    tls_site.tls.sni_callback = lambda _socket, name, _context: seen.append(name)
    wires.lead(PUBLIC, 443, tls_site)
    wires.lead(PUBLIC, 8443, tls_site)
    tls_site.sayings["/a.ics"] = answer()
    fetcher = Fetcher(resolve=Names({"cal.example": [[PUBLIC]]}), ca_file=bundle)
    assert fetcher.request("GET", "webcal://cal.example/a.ics").url == "https://cal.example/a.ics"
    assert fetcher.request("GET", "https://cal.example:8443/a.ics").body == CALENDAR
    assert [request.headers["host"] for request in tls_site.heard] == ["cal.example", "cal.example:8443"]
    assert seen == ["cal.example"] * 2


def test_an_authority_of_one_s_own_is_believed_when_its_file_is_given(tls_site: Website, bundle: str) -> None:
    tls_site.sayings["/a.ics"] = answer()
    assert house(tls_site, ca_file=bundle).request("GET", tls_site.url("/a.ics")).body == CALENDAR
    assert trouble(house(tls_site), tls_site.url("/a.ics")) == FetchTrouble.NO_ANSWER
    assert len(tls_site.heard) == 1


def test_a_certificate_for_another_name_is_refused(authority: Authority, wires: Wires, bundle: str) -> None:
    names = Names({"cal.example": [[PUBLIC]]})
    with website(authority.server_context("other.example")) as site:
        wires.lead(PUBLIC, 443, site)
        fetcher = Fetcher(resolve=names, ca_file=bundle)
        assert trouble(fetcher, "https://cal.example/") == FetchTrouble.NO_ANSWER
        assert site.heard == []


def test_an_encrypted_start_never_goes_on_in_the_clear(tls_site: Website, site: Website, bundle: str) -> None:
    tls_site.sayings["/"] = redirect(site.url())
    assert trouble(house(site, tls_site, ca_file=bundle), tls_site.url()) == FetchTrouble.NOT_ALLOWED
    assert site.connections == 0


def test_a_public_server_cannot_lead_to_an_exception(
    wires: Wires, tls_site: Website, authority: Authority, bundle: str
) -> None:
    with website(authority.server_context("127.0.0.1")) as inner:
        wires.lead(PUBLIC, 443, tls_site)
        wires.lead("127.0.0.1", inner.port, inner)
        tls_site.sayings["/"] = redirect(inner.url())
        inner.sayings["/"] = answer()
        names = Names({"cal.example": [[PUBLIC]]})
        fetcher = Fetcher(allowed=[inner.door], resolve=names, ca_file=bundle)
        assert trouble(fetcher, "https://cal.example/") == FetchTrouble.NOT_ALLOWED
        assert inner.heard == []
        assert fetcher.request("GET", inner.url()).status == 200


# ---- what nobody may learn -------------------------------------------------------------------------


def test_failures_tell_neither_address_nor_content(site: Website, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    secret = "".join(("can", "ary"))  # not to be found in this source, which a traceback quotes
    url = site.url(f"/{secret}")
    site.sayings[f"/{secret}"] = f"HTTP/1.1 200 {secret}\r\nno header {secret}\r\n\r\n{secret}".encode()
    assert house(site).request("GET", url, credentials=("ada", secret)).body.decode() == secret
    site.sayings[f"/{secret}"] = f"HTTP/1.1 {secret}\r\nno header {secret}\r\n\r\n{secret}".encode()
    with pytest.raises(FetchFailed) as caught:
        house(site).request("GET", url, credentials=("ada", secret))
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert [word for word in (secret, "127.0.0.1", str(site.port)) if word in told] == []
