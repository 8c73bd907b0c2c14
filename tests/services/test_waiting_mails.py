"""What people on the waiting list read: whole words in each language, the time, and the way out."""

import pytest

from scheduler.domain.errors import NotFound
from scheduler.services import turns, waiting, waiting_mails
from scheduler.services.personal_mails import PersonalMail
from scheduler.services.rendering import LINE_WIDTH
from scheduler.store.database import reading
from tests.services.test_waiting import close, join, open_mondays, token_of
from tests.support.core import NOW, Core
from tests.support.instants import HOUR

URL = "https://book.example.org"


def written(core: Core, kind: str, *, now: int = NOW + HOUR) -> PersonalMail:
    """The newest mail of a kind, as it goes out."""
    entry = next(mail for mail in reversed(core.mails()) if mail.kind == kind)
    with reading() as tx:
        return waiting_mails.compose(tx, entry, URL, now=now)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_mail_is_complete_names_the_help_line_and_leads_to_its_page(
    any_core: Core, language: str
) -> None:
    close(any_core)
    join(any_core, language=language)
    mails = [written(any_core, waiting_mails.JOINED)]
    open_mondays(any_core)
    token = token_of(any_core, "vera")
    for turn in range(3):
        turns.tend(now=NOW + turn)
        mails.append(written(any_core, waiting_mails.OFFER))
        waiting.decline(token, now=NOW + HOUR)
    mails.append(written(any_core, waiting_mails.OVER))
    for mail in mails:
        assert (mail.recipient, mail.language) == ("vera@example.org", language)
        assert len(mail.written.subject) < 78
        for text in (mail.written.text, mail.written.html):
            assert "112" in text
            assert "%(" not in text
            assert "None" not in text
        lines = mail.written.text.splitlines()
        assert [line for line in lines if len(line) > LINE_WIDTH and "https://" not in line] == []
        assert "\n\n\n" not in mail.written.text
        assert max(map(len, mail.written.html.encode().splitlines())) < 998
    assert [mail.unsubscribe for mail in mails] == ["", *[f"{URL}/waiting/{token}/leave"] * 3, ""]
    for mail in mails[:-1]:
        assert f"{URL}/waiting/{token}" in mail.written.text
        assert f'href="{URL}/waiting/{token}"' in mail.written.html


def test_an_offer_says_when_with_whom_and_until_when(any_core: Core) -> None:
    close(any_core)
    join(any_core)
    open_mondays(any_core)
    turns.tend(now=NOW)
    mail = written(any_core, waiting_mails.OFFER)
    assert mail.written.subject == "A time for you: Monday 8 June, 09:00"
    assert "With Ada. We keep this time for you until Tuesday 2 June, 08:00." in mail.written.text
    assert "Monday 8 June 2026" in mail.written.text


def test_what_is_no_longer_so_is_not_sent(any_core: Core) -> None:
    close(any_core)
    join(any_core)
    open_mondays(any_core)
    turns.tend(now=NOW)
    with pytest.raises(NotFound):
        written(any_core, waiting_mails.OFFER, now=NOW + 24 * HOUR)
    waiting.leave(token_of(any_core, "vera"), now=NOW + HOUR)
    for kind in (waiting_mails.OFFER, waiting_mails.JOINED):
        with pytest.raises(NotFound):
            written(any_core, kind)
