"""The practice's questions and each person's answers: kept sealed, read by the therapist alone, deleted."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler.domain.errors import NotFound, Refused, WrongState
from scheduler.domain.intake import Asked, Kind, Question
from scheduler.services import addressees, doctor, intake, manage, questions, requests
from scheduler.services.booking import Booked
from scheduler.services.intake import Sheet
from scheduler.services.questions import QuestionForm
from scheduler.store import intake as answers
from scheduler.store import participants
from scheduler.store.database import reading, transaction
from tests.services.practice_side import booked, desk_of, owner_desk
from tests.services.test_series import book as book_series
from tests.support.core import NOW, TUESDAY, WEDNESDAY, Core

HOUR = 3600
DOOR = QuestionForm(
    labels={"en": "Which door suits you?", "fr": "Quelle porte ?"},
    purposes={"en": "Only to open the right one.", "fr": "Pour ouvrir la bonne."},
    choices={},
    kind=Kind.LINE,
    type_slug="",
    required=False,
    asked=Asked.AFTER,
    enabled=True,
)
WAY = replace(
    DOOR,
    labels={"en": "How do you come?", "fr": ""},
    kind=Kind.CHOICE,
    choices={"en": ["By bus", "On foot"], "fr": ["En bus", "À pied"]},
)


def ask(core: Core, form: QuestionForm = DOOR, **changes: Any) -> Question:
    """The owner writes a question."""
    return questions.add(owner_desk(core), replace(form, **changes), now=NOW)


def sheet(token: str, now: int = NOW) -> Sheet:
    """What the person of this link is asked, and answered."""
    managed = manage.find(token, now=now)
    return intake.sheet(managed.appointment, managed.participant.id, now=now)


def said(token: str) -> dict[str, str]:
    """The answers of this link's person by the question as it was put."""
    return {answer.asked: answer.words for answer in sheet(token).answers.values()}


def say(token: str, *, now: int = NOW, language: str = "en", **given: str) -> None:
    """Send answers: `q1` is the first question."""
    asked = sheet(token, now).questions
    intake.answer(
        token,
        {asked[int(name[1:]) - 1].id: words for name, words in given.items()},
        language=language,
        now=now,
    )


def of_each(one: Booked) -> list[str]:
    """The link of each person."""
    with reading() as tx:
        return [participants.token(tx, person.id) for person in one.appointment.participants]


def couple(core: Core) -> tuple[str, str]:
    """The links of two people with one appointment."""
    other = [{"name": "Wim Moss", "email": "wim@example.org"}]
    first, second = of_each(booked(core, "couple", TUESDAY, "ben", participants=other))
    return first, second


def test_a_fresh_practice_asks_nothing(any_core: Core) -> None:
    one = booked(any_core, "consultation", TUESDAY)
    assert sheet(one.token) == intake.NOTHING
    with pytest.raises(WrongState):
        intake.answer(one.token, {"x": "left"}, language="en", now=NOW)


def test_answers_are_kept_sealed_and_can_be_changed_and_taken_back(core: Core) -> None:
    ask(core)
    ask(core, WAY)
    one = booked(core, "consultation", TUESDAY)
    assert (sheet(one.token).is_new, sheet(one.token).may_skip_all) == (True, True)
    say(one.token, q1="  the left\none ", q2="On foot")
    assert said(one.token) == {"Which door suits you?": "the left one", "How do you come?": "On foot"}
    assert not sheet(one.token).is_new
    sealed = b"".join(bytes(row[0]) for row in core.all("SELECT answer_sealed FROM intake_answers"))
    assert (b"left" in sealed, b"door" in sealed) == (False, False)
    say(one.token, now=NOW + HOUR, q1="the right one", q2="On foot")
    kept = {answer.words: answer.answered_at for answer in sheet(one.token).answers.values()}
    assert kept == {"the right one": NOW + HOUR, "On foot": NOW}
    say(one.token, q1="", q2="By bus")
    assert said(one.token) == {"How do you come?": "By bus"}


def test_an_answer_to_a_question_that_is_deleted_at_that_moment_is_let_go(core: Core) -> None:
    gone, stays = ask(core), ask(core, WAY)
    one = booked(core, "consultation", TUESDAY)
    questions.remove(owner_desk(core), gone.id, now=NOW)
    given = {gone.id: ("Which door suits you?", "left"), stays.id: ("How do you come?", "On foot")}
    with transaction() as tx:  # the form was checked before
        answers.keep(tx, one.person.id, given, now=NOW)
    assert said(one.token) == {"How do you come?": "On foot"}


def test_an_answer_opens_in_its_own_row_only_and_the_doctor_reads_it(sqlite_core: Core) -> None:
    ask(sqlite_core)
    one = booked(sqlite_core, "consultation", TUESDAY)
    say(one.token, q1="left")
    assert [finding for finding in doctor.examine(NOW) if "sealed" in str(finding)] == []


def test_of_a_couple_nobody_sees_the_others_answers(any_core: Core) -> None:
    ask(any_core)
    first, second = couple(any_core)
    say(first, q1="left")
    assert (said(first), said(second)) == ({"Which door suits you?": "left"}, {})
    say(second, q1="right")
    assert (said(first), said(second)) == (
        {"Which door suits you?": "left"},
        {"Which door suits you?": "right"},
    )
    appointment = manage.find(first, now=NOW).appointment
    told = intake.told(desk_of(any_core, "ben"), appointment, "fr")
    assert [
        [(one.asked, one.words, one.answered_at) for one in told[who.id]] for who in appointment.participants
    ] == [
        [("Quelle porte ?", "left", NOW)],
        [("Quelle porte ?", "right", NOW)],
    ]


def test_a_therapist_reads_choices_in_their_own_language_and_a_question_as_it_was_put(any_core: Core) -> None:
    ask(any_core, WAY)
    one = booked(any_core, "consultation", TUESDAY, language="fr")
    say(one.token, language="fr", q1="À pied")
    [question] = questions.listed(owner_desk(any_core))
    desk = desk_of(any_core, "ada")
    told = intake.told(desk, one.appointment, "en")[one.appointment.participants[0].id]
    assert [(answer.asked, answer.words) for answer in told] == [("How do you come?", "On foot")]
    changed = replace(WAY, labels={"en": "How do you leave?"}, choices={"en": ["By car", "By boat"]})
    questions.save(owner_desk(any_core), question.id, changed, now=NOW)
    told = intake.told(desk, one.appointment, "en")[one.appointment.participants[0].id]
    assert [(answer.asked, answer.words) for answer in told] == [("How do you come?", "À pied")]
    say(one.token, q1="À pied")  # the earlier answer stays possible
    with pytest.raises(Refused):
        say(one.token, q1="On foot")


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_kept(any_core: Core) -> None:
    door, way = ask(any_core, required=True), ask(any_core, WAY)
    one = booked(any_core, "consultation", TUESDAY)
    assert not sheet(one.token).may_skip_all
    with pytest.raises(Refused) as refused:
        say(one.token, q1="", q2="By boat")
    assert refused.value.problems == {
        f"answers.{door.id}": "Please answer this one",
        f"answers.{way.id}": "Choose one of the answers",
    }
    assert said(one.token) == {}


def test_a_request_brings_most_questions_only_once_it_is_accepted(any_core: Core) -> None:
    ask(any_core)
    before = ask(any_core, WAY, asked=Asked.BOOKING)
    one = booked(any_core, "first-talk", TUESDAY, "ben", answers={before.id: "By bus"})
    assert said(one.token) == {"How do you come?": "By bus"}
    assert [question.asked for question in sheet(one.token).questions] == [Asked.BOOKING]
    requests.accept(desk_of(any_core, "ben"), one.appointment.id, now=NOW)
    assert [question.asked for question in sheet(one.token).questions] == [Asked.AFTER, Asked.BOOKING]


def test_nothing_is_asked_once_it_begins_or_is_cancelled_or_repeats(any_core: Core) -> None:
    ask(any_core)
    one = booked(any_core, "consultation", TUESDAY)
    assert sheet(one.token, TUESDAY - 1).questions
    assert sheet(one.token, TUESDAY) == intake.NOTHING
    manage.cancel(one.token, now=NOW)
    with pytest.raises(WrongState):
        intake.answer(one.token, {"x": "left"}, language="en", now=NOW)
    date = book_series(any_core).appointments[0]
    assert intake.sheet(date, date.participants[0].id, now=NOW) == intake.NOTHING


def test_what_is_asked_while_booking_is_checked_with_the_form(any_core: Core) -> None:
    way = ask(any_core, WAY, asked=Asked.BOOKING, required=True, type_slug="consultation")
    with pytest.raises(Refused) as refused:
        booked(any_core, "consultation", TUESDAY)
    assert refused.value.problems == {f"answers.{way.id}": "Please answer this one"}
    with pytest.raises(Refused) as refused:
        booked(any_core, "session", TUESDAY, answers={way.id: "By bus"})
    assert refused.value.problems == {f"answers.{way.id}": "This is not part of the form"}
    one = booked(any_core, "consultation", TUESDAY, answers={way.id: "On foot"})
    assert said(one.token) == {"How do you come?": "On foot"}
    again = booked(any_core, "consultation", TUESDAY, answers={way.id: "On foot"})
    assert again.token == one.token


def test_answers_go_with_the_person_and_with_the_question(core: Core) -> None:
    ask(core)
    second = ask(core, WAY)
    one, other = couple(core)
    say(one, q1="left", q2="On foot")
    say(other, q1="right", q2="By bus")
    questions.remove(owner_desk(core), second.id, now=NOW)
    assert core.all("SELECT count(*) FROM intake_answers") == [(2,)]
    addressees.disown(other, now=NOW)
    assert core.all("SELECT count(*) FROM intake_answers") == [(1,)]
    with pytest.raises(NotFound):
        questions.remove(owner_desk(core), second.id, now=NOW)


def test_questions_keep_the_order_that_the_owner_gives_them(any_core: Core) -> None:
    owner = owner_desk(any_core)
    ids = [ask(any_core, labels={"en": f"Number {number}"}).id for number in range(3)]

    def order() -> list[int]:
        return [ids.index(question.id) for question in questions.listed(owner)]

    assert order() == [0, 1, 2]
    for number, places, after in (
        (2, -1, [0, 2, 1]),
        (0, 1, [2, 0, 1]),
        (2, -1, [2, 0, 1]),
        (1, 1, [2, 0, 1]),
    ):
        questions.shift(owner, ids[number], places, now=NOW)
        assert order() == after


def test_a_question_says_what_it_is_for_and_gives_clear_choices(any_core: Core) -> None:
    for form, problems in (
        (
            replace(DOOR, labels={"fr": "Quelle porte ?"}, purposes={}),
            {"label-en": "Write the question", "purpose-en": "Say what the answer is used for"},
        ),
        (
            replace(WAY, choices={"en": ["By bus"], "fr": ["En bus", "À pied"]}),
            {
                "choices-en": "Write two to twelve choices, one on each line",
                "choices-fr": "Write as many choices as above, in the same order",
            },
        ),
        (
            replace(WAY, choices={"en": ["Chat", "Cat"], "fr": ["Dis", "Chat"]}),
            {"choices-fr": "Write each choice once"},
        ),
    ):
        with pytest.raises(Refused) as refused:
            questions.add(owner_desk(any_core), form, now=NOW)
        assert refused.value.problems == problems


def test_a_question_of_another_practice_is_not_there(any_core: Core) -> None:
    question = ask(any_core)
    stranger = desk_of(any_core, "cora", "other")
    for attempt in (
        lambda: questions.find(stranger, question.id),
        lambda: questions.save(stranger, question.id, DOOR, now=NOW),
        lambda: questions.shift(stranger, question.id, 1, now=NOW),
        lambda: questions.remove(stranger, question.id, now=NOW),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert questions.listed(stranger) == []
    assert booked(any_core, "session", WEDNESDAY).status == "confirmed"
