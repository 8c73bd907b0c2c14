"""SCHEDULER_ANSWERS: an address that can be meant, the password apart, never in the clear over a network."""

import pytest

from scheduler.environment import BadSetting
from scheduler.mail_settings import AnswersMailbox
from scheduler.settings import Settings
from tests.support.environment import settings

PASSWORD = "open-sésame"


def answers(address: str | None, password: str | None = PASSWORD) -> Settings:
    """The settings with these two."""
    changes = {"SCHEDULER_ANSWERS": address, "SCHEDULER_ANSWERS_PASSWORD": password}
    return Settings.from_environment(settings("sqlite://", **changes))


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        (
            "imaps://office%40example.org@imap.example.org",
            AnswersMailbox("imap.example.org", 993, "office@example.org", PASSWORD),
        ),
        (
            "imaps://office@example.org@imap.example.org:1993/Kalender/Antworten%20neu",
            AnswersMailbox(
                "imap.example.org", 1993, "office@example.org", PASSWORD, "Kalender/Antworten neu"
            ),
        ),
        (
            "imap://office@127.0.0.1:10143/",
            AnswersMailbox("127.0.0.1", 10143, "office", PASSWORD, encrypted=False),
        ),
    ],
)
def test_an_address_names_server_account_and_folder(address: str, mailbox: AnswersMailbox) -> None:
    found = answers(address)
    assert (found.answers_mailbox, found.reads_answers, found.answers_piped) == (mailbox, True, False)


def test_mail_may_be_piped_or_not_read_at_all() -> None:
    piped, off = answers("piped", None), answers(None, None)
    assert (piped.answers_mailbox, piped.answers_piped, piped.reads_answers) == (None, True, True)
    assert (off.answers_mailbox, off.answers_piped, off.reads_answers) == (None, False, False)


@pytest.mark.parametrize(
    ("address", "password"),
    [
        ("imap://office@mail.example.org/INBOX", PASSWORD),
        ("imaps://office:secret@mail.example.org/INBOX", PASSWORD),
        ("imaps://mail.example.org/INBOX", PASSWORD),
        ("imaps://office@mail.example.org/INBOX", None),
        ("imaps://office@mail.example.org:99999/INBOX", PASSWORD),
        ("imaps://off%0d%0aice@mail.example.org/INBOX", PASSWORD),
        ("imaps://office@mail.example.org/Entw%C3%BCrfe", PASSWORD),
        ("imaps://office@mail.example.org/INBOX?x=1", PASSWORD),
        ("https://office@mail.example.org/INBOX", PASSWORD),
        ("pipe", None),
        ("piped", PASSWORD),
        (None, PASSWORD),
    ],
)
def test_what_cannot_be_meant_is_refused_without_repeating_it(
    address: str | None, password: str | None
) -> None:
    with pytest.raises(BadSetting, match=r"^SCHEDULER_ANSWERS") as raised:
        answers(address, password)
    assert "secret" not in str(raised.value)
    assert PASSWORD not in str(raised.value)
