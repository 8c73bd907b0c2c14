"""The practice's pages without script: each form says what is wrong and loses nothing."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from scheduler.services import directory
from tests.support.signing_in import ADA, BEN, CORA, OWNER
from tests.web.practice.staff import Person, problems, visit, working_day, write_mails

PAGES = (
    "/practice/",
    "/practice/requests",
    "/practice/hours",
    "/practice/types",
    "/practice/settings",
    "/practice/settings/embed",
    "/practice/calendars",
    "/practice/calendars/new",
    "/practice/calendars/own/new",
    "/practice/calendars/own/new?kind=ics",
    "/practice/calendars/own/new?kind=caldav",
    "/practice/mail",
    "/practice/time-off",
    "/practice/time-off?kind=ill",
    "/practice/time-off?kind=afternoon",
    "/practice/time-off?kind=holiday",
    "/practice/extra-hours",
    "/practice/appointments/new",
)
OWNERS = ("/practice/types/new", "/practice/types/session", "/practice/settings/practice")


@pytest.fixture
def ada(demo_app: Flask) -> Person:
    """Ada, signed in."""
    return Person(demo_app, ADA)


@pytest.fixture
def owner(demo_app: Flask) -> Person:
    """The owner of Ada's practice, signed in."""
    return Person(demo_app, OWNER)


def test_no_page_carries_a_style_or_a_script_of_its_own(owner: Person) -> None:
    visit(owner.app, "intake")
    for path in PAGES + OWNERS:
        page = owner.read(path)
        # Lines to copy for a website are text.
        own = re.sub(r"<textarea.*?</textarea>", "", page, flags=re.DOTALL)
        assert not re.search(r"<[^>]*\s(style|on[a-z]+)=|<style|<script(?![^>]*\ssrc=)", own), path
        assert page.count("<h1") == 1, path


def test_every_page_is_there_in_french(demo_app: Flask) -> None:
    person = Person(demo_app, ADA)
    for path in PAGES:
        join = "&" if "?" in path else "?"
        assert '<html lang="fr"' in person.read(f"{path}{join}lang=fr"), path


def test_names_show_only_while_the_switch_is_on_and_not_after_the_next_sign_in(ada: Person) -> None:
    start = visit(ada.app, "session").start
    week = f"/practice/?week={datetime.fromtimestamp(start, UTC).date()}"
    assert "Vera Moss" not in ada.read(week)
    assert "Vera Moss" in ada.done("/practice/names", show="1", week=week[-10:])
    again = Person(ada.app, ADA)
    page = again.read(week)
    assert "Vera Moss" not in page
    assert "V. M." in page


def test_neither_ben_nor_cora_sees_anything_of_ada(ada: Person) -> None:
    booked = visit(ada.app, "intake", name="Xenia Quist")
    day = datetime.fromtimestamp(booked.start, UTC).date()
    ada.done("/practice/names", show="1")
    assert "Xenia Quist" in ada.read("/practice/requests")
    write_mails(ada.app)
    for email in (BEN, CORA):
        other = Person(ada.app, email)
        other.done("/practice/names", show="1")
        for path in (*PAGES, f"/practice/?week={day}", f"/practice/?week={day}&day={day}"):
            page = other.read(path)
            assert "Xenia" not in page, path
            assert "X. Q." not in page, path
        for action in ("", "/move"):
            other.read(f"/practice/appointments/{booked.appointment.id}{action}", 404)
        for query in ("", "&day=2026-06-03"):
            other.read(f"/practice/?therapist=ada{query}", 404)


def test_the_owner_picks_whose_calendar_is_shown(owner: Person) -> None:
    start = visit(owner.app, "session").start
    week = datetime.fromtimestamp(start, UTC).date()
    assert "V. M." in owner.read(f"/practice/?week={week}&therapist=ada")
    assert "V. M." not in owner.read(f"/practice/?week={week}&therapist=ben")


def test_a_blocked_time_is_told_in_words_before_it_is_saved(ada: Person) -> None:
    booked = visit(ada.app, "session")
    day = datetime.fromtimestamp(booked.start, UTC).date().isoformat()
    form = {"kind": "block", "first": day, "from": "0", "until": "1440", "label": "Supervision"}
    checked = ada.send("/practice/time-off", **form, do="check")
    assert "appointment lies inside" in checked.text or "appointments lie inside" in checked.text
    assert "Supervision" not in ada.read("/practice/hours")
    saved = ada.done("/practice/time-off", **form, do="save")
    assert "Nothing was cancelled" in saved
    assert "V. M." in saved
    assert "Supervision" in ada.read("/practice/hours")
    assert "This appointment is cancelled" not in ada.read(f"/practice/appointments/{booked.appointment.id}")


def test_a_holiday_that_ends_before_it_begins_keeps_what_was_typed(ada: Person) -> None:
    first = working_day()
    answer = ada.send(
        "/practice/time-off",
        kind="holiday",
        first=first.isoformat(),
        last=(first - timedelta(days=1)).isoformat(),
        label="Summer",
        do="save",
    )
    assert answer.status_code == 422
    assert problems(answer) == ["last: Let the last day be the first day or a later one"]
    assert 'value="Summer"' in answer.text


def spans(page: str, weekday: int) -> list[tuple[str, str]]:
    """The hours that the editor shows for a day."""
    ends = []
    for name in ("from", "until"):
        selects = re.findall(rf'<select class="input" name="{name}-{weekday}".*?</select>', page, re.DOTALL)
        ends.append([re.findall(r'value="(\d+)" selected', select)[0] for select in selects])
    return list(zip(*ends, strict=True))


def week_form(*, do: str, **days: list[tuple[str, str]]) -> dict[str, object]:
    """The editor's form: `d1=[("540", "720")]` opens Monday."""
    form: dict[str, object] = {"do": do}
    for name, pairs in days.items():
        number = name[1:]
        form |= {
            f"open-{number}": "1",
            f"from-{number}": [start for start, _ in pairs],
            f"until-{number}": [end for _, end in pairs],
        }
    return form


def test_the_hours_editor_adds_removes_and_copies_without_script(ada: Person) -> None:
    morning = [("540", "720")]
    added = ada.send("/practice/hours", **week_form(do="add-1", d1=morning)).text
    assert spans(added, 1) == [("540", "720"), ("780", "900")]
    removed = ada.send("/practice/hours", **week_form(do="remove-1-0", d1=[*morning, ("780", "900")])).text
    assert spans(removed, 1) == [("780", "900")]
    copied = ada.send("/practice/hours", **week_form(do="copy-1", d1=morning), **{"to-1": ["2", "7"]}).text
    assert (spans(copied, 2), spans(copied, 7), spans(copied, 3)) == (morning, morning, [])
    assert "Changes not saved yet" in copied
    before = ada.read("/practice/hours")
    assert "These hours are saved" in before
    ada.done("/practice/hours", **week_form(do="save", d1=morning))
    after = ada.read("/practice/hours")
    assert (spans(after, 1), spans(after, 2)) == (morning, [])


def test_a_day_switched_on_without_hours_is_shown_before_it_is_saved(ada: Person) -> None:
    answer = ada.send("/practice/hours", do="save", **{"open-6": "1"})
    assert answer.status_code == 200
    assert spans(answer.text, 6) == [("540", "720")]
    assert spans(ada.read("/practice/hours"), 6) == []


def test_hours_that_overlap_are_named_by_their_day_and_not_saved(ada: Person) -> None:
    before = ada.read("/practice/hours")
    answer = ada.send("/practice/hours", **week_form(do="save", d2=[("540", "720"), ("660", "780")]))
    assert (answer.status_code, problems(answer)) == (422, ["day-2: Two of these hours overlap"])
    assert spans(answer.text, 2) == [("540", "720"), ("660", "780")]
    assert spans(ada.read("/practice/hours"), 2) == spans(before, 2)


@pytest.mark.parametrize("odd", ["x", "99999", "-5", "25:00", "9" * 40])
def test_odd_hours_are_left_out_and_never_a_fault(ada: Person, odd: str) -> None:
    answer = ada.send("/practice/hours", **week_form(do="check", d1=[(odd, "720"), ("780", "900")]))
    assert answer.status_code == 200
    assert spans(answer.text, 1) == [("780", "900")]


def hand_form(**changes: str) -> dict[str, str]:
    """An appointment by hand that can be taken."""
    return {
        "type": "session",
        "day": working_day().isoformat(),
        "time": "20:00",
        "mode": "in_person",
        "name": "Sam Okafor",
        "email": "sam@mail.example",
        "phone": "",
        "note": "Prefers the stairs",
        "language": "en",
        "notify": "1",
    } | changes


def test_an_appointment_by_hand_stands_and_its_mail_is_written(ada: Person) -> None:
    page = ada.done("/practice/appointments/new", **hand_form())
    assert "by hand" in page
    write_mails(ada.app)
    assert "sam@mail.example" in page
    assert "Confirmation" in ada.read("/practice/mail")


def test_every_problem_of_the_hand_form_stands_at_its_field(ada: Person) -> None:
    answer = ada.send(
        "/practice/appointments/new", **hand_form(name="www.spam.example", email="sam@", day="", time="25:99")
    )
    assert answer.status_code == 422
    assert {line.partition(":")[0] for line in problems(answer)} == {"day", "time"}
    answer = ada.send("/practice/appointments/new", **hand_form(name="www.spam.example", email="sam@"))
    assert answer.status_code == 422
    assert {line.partition(":")[0] for line in problems(answer)} == {"name", "email"}
    assert "Prefers the stairs" in answer.text


def test_a_taken_time_is_a_clear_sentence_and_nothing_typed_is_lost(ada: Person) -> None:
    ada.done("/practice/appointments/new", **hand_form())
    answer = ada.send("/practice/appointments/new", **hand_form(name="Lea Roy", time="20:30"))
    assert answer.status_code == 409
    assert problems(answer) == ["time: Another appointment or its pause lies there. Choose another time"]
    assert 'value="Lea Roy"' in answer.text


def test_moving_and_cancelling_from_the_appointment_page(ada: Person) -> None:
    booked = visit(ada.app, "session")
    path = f"/practice/appointments/{booked.appointment.id}"
    day = working_day(21)
    taken = ada.done(f"{path}/move", day=day.isoformat(), time="21:00")
    assert "Moved to" in taken
    past = ada.send(f"{path}/move", day="2020-01-01", time="10:00")
    assert problems(past) == ["time: This time is over; choose a later one"]
    assert "This appointment is cancelled" in ada.done(f"{path}/cancel")


def test_accepting_and_declining_from_the_requests_page(ada: Person) -> None:
    first, second = visit(ada.app, "intake"), visit(ada.app, "intake", name="Luc Roy", nth=9)
    assert '<span class="count">2' in ada.read("/practice/requests")
    assert "accepted" in ada.done(f"/practice/requests/{first.appointment.id}/accept")
    page = ada.done(f"/practice/requests/{second.appointment.id}/decline")
    assert "Nobody is waiting" in page
    late = ada.done(f"/practice/requests/{second.appointment.id}/accept")
    assert "Nothing was changed" in late


def test_the_feed_address_is_shown_once_and_dies_when_removed(ada: Person) -> None:
    refused = ada.send("/practice/calendars/new", name="", level="busy")
    assert problems(refused) == ["name: Give it a name, so that you recognise it later"]
    made = ada.send("/practice/calendars/new", name="My phone", level="initials").text
    (address,) = set(re.findall(r"http://localhost(/feeds/[\w-]{43}\.ics)", made))
    assert f"webcal://localhost{address}" in made
    assert ada.app.test_client().get(address).status_code == 200
    page = ada.read("/practice/calendars")
    assert address not in page
    (remove,) = re.findall(r'action="(/practice/calendars/[\w-]+/revoke)"', page)
    assert "None yet" in ada.done(remove)
    assert ada.app.test_client().get(address).status_code == 404


def test_a_mail_is_looked_at_in_a_sandbox(ada: Person) -> None:
    visit(ada.app, "session")
    write_mails(ada.app)
    page = ada.read("/practice/mail")
    assert "No mail server is set up" in page
    for path in re.findall(r'href="(/practice/mail/[\w-]+)"', page):
        one = ada.read(path)
        assert "<iframe" in one
        assert "BEGIN:VCALENDAR" in one
        framed = ada.client.get(f"{path}/page")
        policy = framed.headers["Content-Security-Policy"]
        assert policy.startswith("sandbox; default-src 'none'")
        assert "script-src" not in policy
        assert ada.client.get(f"{path}/invite.ics").mimetype == "text/calendar"


def type_form(**changes: object) -> dict[str, object]:
    """A type that can be saved."""
    return {
        "name-en": "Walk and talk",
        "duration": "45",
        "participants": "1",
        "modes": ["in_person"],
        "approval": "request",
        "price": "92,50",
        "currency": "CAD",
        "buffer_before": "0",
        "therapists": ["ben"],
        "enabled": "1",
    } | changes


def test_an_owner_makes_and_changes_a_type(owner: Person) -> None:
    assert "Walk and talk" in owner.done("/practice/types/new", **type_form())
    with owner.app.app_context():
        kind = directory.find_type(directory.practice("demo"), "walk-and-talk")
    assert (kind.duration, kind.price_cents, kind.approval.value) == (2700, 9250, "request")
    assert 'value="92.50"' in owner.read("/practice/types/walk-and-talk")
    owner.done("/practice/types/walk-and-talk", **type_form(price="", one_per_client="1", notice="2"))
    with owner.app.app_context():
        kind = directory.find_type(directory.practice("demo"), "walk-and-talk")
    assert (kind.price_cents, kind.one_per_client, kind.notice) == (0, True, 7200)


def test_every_problem_of_a_type_stands_at_its_field(owner: Person) -> None:
    answer = owner.send("/practice/types/new", **type_form(duration="0", price="abc", buffer_before="x"))
    assert (answer.status_code, len(problems(answer))) == (422, 3)
    answer = owner.send("/practice/types/new", **type_form(**{"name-en": ""}, modes=[], therapists=[]))
    assert {line.partition(":")[0] for line in problems(answer)} == {"name-en", "modes", "therapists"}


def test_ground_rules_hold_at_once(owner: Person) -> None:
    form = {"buffer": "15", "notice": "48", "horizon": "4", "step": "30", "answer": "24", "at_most": "3"}
    owner.done("/practice/hours/rules", **form)
    with owner.app.app_context():
        rules = directory.practice("demo").rules
    assert (rules.buffer_after, rules.notice, rules.horizon_days, rules.step) == (900, 172800, 28, 1800)
    assert (rules.answer_within, rules.per_day_at_most) == (86400, 3)
    assert "Nothing was changed" in owner.done("/practice/hours/rules", **(form | {"step": "7"}))


def profile_form(**changes: str) -> dict[str, str]:
    """Settings that can be saved."""
    return {
        "name": "Atelier Parole",
        "email": "hello@demo.example",
        "emergency": "911",
        "talk": "988",
        "privacy-en": "We keep little.",
        "origins": "www.example.org\nhttps://example.com/contact",
    } | changes


def test_the_help_line_cannot_be_emptied(owner: Person) -> None:
    answer = owner.send("/practice/settings/practice", **profile_form(emergency="", talk=" "))
    assert answer.status_code == 422
    assert {line.partition(":")[0] for line in problems(answer)} == {"emergency", "talk"}
    with owner.app.app_context():
        assert directory.practice("demo").help_line is not None


def test_settings_are_kept_and_websites_become_origins(owner: Person) -> None:
    owner.done("/practice/settings/practice", **profile_form())
    with owner.app.app_context():
        practice = directory.practice("demo")
    assert practice.embed_origins == ("https://www.example.org", "https://example.com")
    assert (practice.privacy, practice.privacy_version) == ({"en": "We keep little."}, 2)
    refused = owner.send("/practice/settings/practice", **profile_form(origins="javascript:alert(1)"))
    assert [line.partition(":")[0] for line in problems(refused)] == ["origins"]


@pytest.mark.parametrize("odd", ["2026-13-40", "0000-00-00", "9999-12-31", "tomorrow", "2026-W23-1"])
def test_odd_days_in_the_address_are_never_a_fault(ada: Person, odd: str) -> None:
    for path in (f"/practice/?week={odd}", f"/practice/?day={odd}", f"/practice/time-off?day={odd}"):
        ada.read(path)


def test_the_week_shows_now(ada: Person) -> None:
    page = ada.read("/practice/")
    assert page.count('aria-current="date"') == 1
    assert page.count('<span class="nowmark">') == 1


def test_the_owner_pauses_withdraws_and_publishes_again(owner: Person) -> None:
    path = "/practice/settings/practice"
    stranger = owner.app.test_client(use_cookies=False)
    back = working_day().isoformat()
    assert "Paused until" in owner.done(path, do="pause", until=back)
    assert "Paused until" not in owner.done(path, do="resume")
    assert problems(owner.send(path, do="pause", until="2020-01-01")) == ["until: Choose a later day"]
    assert problems(owner.send(path, do="pause", until="")) != []
    assert "Not public yet" in owner.done(path, do="withdraw")
    assert "Free first call" not in stranger.get("/book/demo/").text
    assert "are public" in owner.done(path, do="publish")
    assert "Free first call" in stranger.get("/book/demo/").text
    assert owner.send(path, do="burn").status_code == 422
