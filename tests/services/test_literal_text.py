"""What people type stands in mails as they typed it: no template, no format, no markup comes alive."""

from contextlib import suppress
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.errors import Refused
from scheduler.domain.practice import HelpLine, Mode
from scheduler.services import forms
from scheduler.services.composing import SPEAKS_OF
from scheduler.services.rendering import Letter, write
from tests.services.test_mail_pages import letter
from tests.support.core import kind_named, practice_named, vera

PIECES = (
    "{{ 7 * 7 }}", "{% if x %}", "{# gone #}", "{x.__class__}", "{0}", "%(name)s", "%s", "%", "${x}", "$name",
    "<b>", "<script>x</script>", "<!--", "&amp;", "&", '"', "'", "\\N", "é", "日", " ",
)  # fmt: skip
TYPED = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join).filter(str.strip)
MARK = "Qmarkq"


class Reader(HTMLParser):
    """The text that a reader of the page sees, and the kinds of its tags."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.seen, self.tags = "", list[str]()
        self.feed(page)
        self.close()

    def handle_data(self, data: str) -> None:
        self.seen += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def squeezed(text: str) -> str:
    """Without white space, since lines are wrapped."""
    return "".join(text.split())


def typed_everywhere(kind: str, typed: str) -> Letter:
    """A mail in which every text that somebody can type is this one."""
    sample = letter(kind, min(SPEAKS_OF[kind]), mode=Mode.IN_PERSON)
    help_line = HelpLine(typed, typed, {"en": typed})
    practice = replace(
        sample.practice, name=typed, sender_name=typed, address=typed, phone=typed, help_line=help_line
    )
    return replace(
        sample,
        practice=practice,
        therapist=replace(sample.therapist, name=typed),
        type=replace(sample.type, names={"en": typed}, descriptions={"en": typed}, policy={"en": typed}),
        person=replace(sample.person, name=typed) if sample.person else None,
        facts={**sample.facts, "note": typed},
    )


@pytest.mark.parametrize("kind", sorted(SPEAKS_OF))
@settings(max_examples=30)
@given(typed=TYPED)
def test_what_anybody_typed_appears_literally_in_every_mail(kind: str, typed: str) -> None:
    marked, mail = write(typed_everywhere(kind, MARK)), write(typed_everywhere(kind, typed))
    page, like = Reader(mail.html), Reader(marked.html)

    assert squeezed(mail.text) == squeezed(marked.text).replace(MARK, squeezed(typed))
    assert squeezed(page.seen) == squeezed(like.seen).replace(MARK, squeezed(typed))
    assert page.tags == like.tags
    assert squeezed(mail.subject) == squeezed(marked.subject).replace(MARK, squeezed(typed))


@pytest.mark.parametrize(
    "name",
    ["{{ 7 * 7 }}", "{x.__class__}", "%(name)s", "Vera www.evil.example", "Vera evil.example",
     "Vera https://x", "Vera x@evil.example", "<b>Vera</b>", "Vera/path", "Vera: call 1234"],
)  # fmt: skip
def test_a_name_that_is_no_name_reaches_no_mail(name: str) -> None:
    practice = practice_named("demo", "America/Toronto", "CA")
    kind = kind_named(practice, "couple", (), participants=2)
    for form, field in (
        (vera(name=name), "name"),
        (vera(participants=[{"name": name, "email": "p@example.org"}]), "participants.0.name"),
    ):
        with pytest.raises(Refused) as refused:
            forms.check(form, practice, kind)
        assert field in refused.value.problems


@given(typed=st.text(st.characters(exclude_categories=["L", "M"]), min_size=1, max_size=5))
def test_nothing_but_letters_makes_a_name(typed: str) -> None:
    practice = practice_named("demo", "America/Toronto", "CA")
    with suppress(Refused):
        checked = forms.check(vera(name=f"Vera {typed}Moss"), practice, kind_named(practice, "talk", ()))
        assert set(checked.people[0].name) - set("VeraMos") <= set(" '’.-")
