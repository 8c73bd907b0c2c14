"""Which places on the network may be asked."""

from ipaddress import ip_address

import pytest

from scheduler.environment import BadSetting
from scheduler.gateways.addresses import BadAddress, is_in_the_house, is_public, place
from scheduler.settings import Settings
from tests.support.environment import settings

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]
NOT_PUBLIC = [
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:0:808:808:0:fbff:f5ff:fffe",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2002:c0a8:1::1",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fe80::1",
    "fe80::1%1",
    "2606:4700::1%1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_on_the_open_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_on_the_open_internet_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


def test_an_exception_reaches_the_house_but_never_the_cloud_s_own_services() -> None:
    assert {address for address in NOT_PUBLIC if is_in_the_house(ip_address(address))} == {
        *("10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254"),
        *("172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"),
        *("::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fc00::1", "fd12:3456:789a::1"),
    }


@pytest.mark.parametrize(
    ("typed", "one_spelling"),
    [
        ("https://cal.example/a.ics", "https://cal.example/a.ics"),
        ("  HTTPS://Cal.Example:443/A.ics#top ", "https://cal.example/A.ics"),
        ("webcal://cal.example/a.ics?key=1&b=%C3%A9", "https://cal.example/a.ics?key=1&b=%C3%A9"),
        ("https://cal.example", "https://cal.example/"),
        ("https://cal.example?x=1", "https://cal.example/?x=1"),
        ("https://cal.example.:8443/", "https://cal.example:8443/"),
        ("http://cal.example:80/", "http://cal.example/"),
        ("https://Praxis-Müller.example/", "https://xn--praxis-mller-klb.example/"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://８.８.８.８/", "https://8.8.8.8/"),
        ("https://[2606:4700:0::1111]:8443/x", "https://[2606:4700::1111]:8443/x"),
    ],
)
def test_an_address_has_one_spelling(typed: str, one_spelling: str) -> None:
    assert place(typed).url == one_spelling
    assert place(one_spelling).url == one_spelling


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "cal.example/a.ics",
        "//cal.example/a.ics",
        "ftp://cal.example/",
        "file:///etc/passwd",
        "gopher://cal.example/",
        "data:text/calendar,x",
        "javascript:alert(1)",
        "webcals://cal.example/",
        "https://",
        "https:///a.ics",
        "https://ada@cal.example/",
        "https://ada:secret@cal.example/",
        "https://@cal.example/",
        "https://cal.example:0/",
        "https://cal.example:65536/",
        "https://cal.example:x/",
        "https://cal.example/a b",
        "https://cal.example/a\\b",
        "https://cal.example\\@other.example/",
        "https://cal.example/é",
        "https://cal.example/a\r\nX-Injected: 1",
        "https://cal.example/\x00",
        "https://cal.example/\u200b",
        "https://cal.exa\u200bmple\u3002/ ",
        "https://cal.example:８０/",
        "https://other[::1]/",
        "https://[::1].example/",
        "https://[8.8.8.8]/",
        "https://-cal.example/",
        "https://cal..example/",
        "https://cal.exam%70le/",
        "https://cal.example/" + "a" * 2000,
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 127 + "example/",
        "https://2130706433/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://127.0.0.0x1/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://[v1.x]/",
    ],
)
def test_what_is_no_plain_web_address_is_never_asked(typed: str) -> None:
    with pytest.raises(BadAddress) as caught:
        place(typed)
    assert str(caught.value) == ""


@pytest.mark.parametrize("word", ["cloud.example", ":443", "cloud.example:0", "http://cloud.example:80"])
def test_an_exception_names_a_host_and_a_port(word: str) -> None:
    with pytest.raises(BadSetting, match="SCHEDULER_CALENDAR_HOSTS_ALLOWED"):
        Settings.from_environment(settings("sqlite://", SCHEDULER_CALENDAR_HOSTS_ALLOWED=word))


def test_exceptions_are_separated_by_spaces() -> None:
    given = settings("sqlite://", SCHEDULER_CALENDAR_HOSTS_ALLOWED="127.0.0.1:5232 [::1]:80 cloud.lan:443")
    allowed = Settings.from_environment(given).calendar_hosts_allowed
    assert allowed == ("127.0.0.1:5232", "[::1]:80", "cloud.lan:443")
