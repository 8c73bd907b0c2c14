"""What a practice's website gets from us: loader, frame, colours; small, and closed to all other sites."""

import gzip
import re
from dataclasses import replace

import pytest
from flask import Flask

from scheduler.settings import Settings
from scheduler.web.visitor.assets import BUNDLES, STATIC, bundle
from tests.web.visitor.walking import Visitor

FRAMED = [
    "/book/demo/",
    "/book/demo/consultation",
    "/book/demo/consultation?day=2026-06-03",
    "/book/demo/privacy",
]


def gzipped(content: bytes) -> int:
    return len(gzip.compress(content, 9, mtime=0))


@pytest.mark.parametrize("address", ["/embed.js", "/embed-window.js"])
def test_the_loader_and_its_windows_are_small_and_sent_packed(vera: Visitor, address: str) -> None:
    answer = vera.client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert len(answer.data) <= 2500
    assert gzip.decompress(answer.data) == bundle(address[1:]).plain
    again = vera.client.get(
        address, headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("name", [name for name in BUNDLES if name.endswith(".js")])
def test_scripts_come_without_their_comments_and_say_the_same(name: str) -> None:
    lines = [line for path in BUNDLES[name] for line in (STATIC / path).read_text().splitlines()]
    assert any(line.lstrip().startswith("//") for line in lines)
    kept = [line.lstrip(" ") for line in lines if not line.lstrip().startswith("//")]
    sent = bundle(name).plain.decode().splitlines()
    assert [line for line in sent if line] == [line for line in kept if line]


def test_all_scripts_of_a_booking_together_are_small() -> None:
    assert sum(len(bundle(name).packed) for name in BUNDLES if name.endswith(".js")) <= 8000


def test_the_first_screen_is_small_and_asks_three_times(vera: Visitor) -> None:
    page = vera.open("/book/demo/")
    addresses = re.findall(r'<(?:link rel="stylesheet" href|script defer src)="([^"]+)"', page.source)
    assert len(addresses) == 2
    loaded = [vera.client.get(address).data for address in addresses]
    assert gzipped(page.source.encode()) + sum(map(gzipped, loaded)) <= 30_000


def test_each_further_step_is_small(vera: Visitor) -> None:
    vera.open("/book/demo/consultation")
    sizes = [gzipped(vera.page.source.encode())]
    vera.press_day(vera.page.days()[0])
    sizes.append(gzipped(vera.page.source.encode()))
    vera.press_time(vera.page.starts()[-1])
    sizes.append(gzipped(vera.page.source.encode()))
    vera.fill(name="Vera", email="vera@visitor.example", mode="video")
    sizes.append(gzipped(vera.page.source.encode()))
    assert max(sizes) <= 6_000


@pytest.mark.parametrize("address", FRAMED)
def test_booking_pages_may_be_framed_by_the_practice_s_sites_only(vera: Visitor, address: str) -> None:
    policy = vera.open(address).headers["Content-Security-Policy"]
    ancestors = policy.split("frame-ancestors ")[1].split(";")[0].split()
    assert "'self'" in ancestors
    assert "*" not in ancestors
    assert all(re.fullmatch(r"'self'|https?://[\w.:-]+", origin) for origin in ancestors)
    assert "X-Frame-Options" not in vera.page.headers


def test_the_booked_page_may_be_framed_too(vera: Visitor) -> None:
    assert "frame-ancestors 'self'" in vera.book().headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/demo/", "/theme/6b3f52.css", "/embed.js", "/appointments/x"])
def test_nothing_else_may_be_framed(vera: Visitor, address: str) -> None:
    assert "frame-ancestors 'none'" in vera.client.get(address).headers["Content-Security-Policy"]


def test_a_page_lists_the_sites_it_talks_to_only_inside_a_frame(vera: Visitor) -> None:
    assert "data-hosts" not in vera.open("/book/demo/").source
    assert 'data-hosts="http://localhost' in vera.open("/book/demo/?embed=1").source


def test_the_demo_website_needs_scripts_and_frames_from_us_and_nothing_more(vera: Visitor) -> None:
    policy = vera.open("/demo/").headers["Content-Security-Policy"]
    assert "script-src http://localhost;" in policy
    assert "frame-src http://localhost;" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("place", ["", "fees", "book"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_demo_website_has_its_pages_in_both_languages(vera: Visitor, place: str, language: str) -> None:
    shown = vera.open(f"/demo/{place}?lang={language}")
    assert shown.status == 200
    assert f'<html lang="{language}" dir="ltr">' in shown.source
    assert "data-booking" in shown.source
    assert "embed.js" in shown.source


@pytest.mark.parametrize("language", ["de", "es", "ru"])
def test_a_reader_of_another_language_gets_an_english_site_and_the_own_widget(
    vera: Visitor, language: str
) -> None:
    for shown in (vera.open(f"/demo/?lang={language}"), vera.open("/demo/", **{"Accept-Language": language})):
        assert (shown.status, '<html lang="en"' in shown.source) == (200, True)
        assert f'data-lang="{language}" data-booking' in shown.source
    assert f"lang={language}" in vera.open(f"/demo/?lang={language}").links["Fees"]
    assert "data-lang" not in vera.open("/demo/?lang=fr").source


def test_the_demo_website_exists_in_the_demo_only(demo_app: Flask) -> None:
    settings: Settings = demo_app.config["SETTINGS"]
    demo_app.config["SETTINGS"] = replace(settings, env="production")
    client = demo_app.test_client()
    assert client.get("/demo/").status_code == 404
    assert client.get("/book/demo/").status_code == 200


def test_an_accent_becomes_a_stylesheet_of_ours(vera: Visitor) -> None:
    page = vera.open("/book/demo/?accent=%23ffc0cb")
    assert '<link rel="stylesheet" href="/theme/ffc0cb.css">' in page.source
    sheet = vera.client.get("/theme/ffc0cb.css")
    assert sheet.content_type == "text/css; charset=utf-8"
    assert "max-age" in sheet.headers["Cache-Control"]
    assert sheet.text.count("--bk-accent:") == 3


@pytest.mark.parametrize(
    "accent",
    [
        "red",
        "fff",
        "1234567",
        "%23ffffff",
        "ffffff%7D",
        "%EF%BC%91%EF%BC%91%EF%BC%91%EF%BC%91%EF%BC%91%EF%BC%91",
    ],
)
def test_what_is_no_colour_has_no_stylesheet(vera: Visitor, accent: str) -> None:
    assert vera.client.get(f"/theme/{accent}.css").status_code == 404


def test_the_look_that_a_site_chooses_is_on_the_page(vera: Visitor) -> None:
    source = vera.open("/book/demo/?theme=dark&radius=square&headings=sans&embed=popup").source
    assert (
        '<html lang="en" dir="ltr" data-theme="dark" data-radius="square" data-headings="sans"'
        ' data-embed="popup"' in source
    )


@pytest.mark.parametrize("name", sorted(BUNDLES))
def test_a_bundle_may_be_kept_for_ever_under_the_name_of_its_content(vera: Visitor, name: str) -> None:
    version = bundle(name).version
    answer = vera.client.get(f"/assets/{version}/{name}", headers={"Accept-Encoding": "gzip"})
    assert "immutable" in answer.headers["Cache-Control"]
    assert gzip.decompress(answer.data) == bundle(name).plain
    assert vera.client.get(f"/assets/{version}/{name}").data == bundle(name).plain
    assert vera.client.get(f"/assets/older/{name}").headers["Cache-Control"] == "no-cache"
    again = vera.client.get(
        f"/assets/{version}/{name}",
        headers={"If-None-Match": answer.headers["ETag"], "Accept-Encoding": "gzip"},
    )
    assert again.status_code == 304


def test_a_bundle_that_does_not_exist_is_not_found(vera: Visitor) -> None:
    assert vera.client.get("/assets/x/..%2F..%2Fsettings.py").status_code == 404


def test_no_stylesheet_loads_anything() -> None:
    for name in BUNDLES:
        if name.endswith(".css"):
            assert b"url(" not in bundle(name).plain
            assert b"@import" not in bundle(name).plain
