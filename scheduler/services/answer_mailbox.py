"""Reading the mailbox of answers: by turns, from where the last reading ended, a bounded number at a time.

No transaction is open while the mail server is spoken to. What was noted is marked as read; all
other mail is left as it was.
"""

import hashlib
import logging
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event

from scheduler.domain.errors import StoreBusy
from scheduler.domain.local_time import local_day
from scheduler.gateways import imap
from scheduler.gateways.imap import Account, MailboxFailure, OpenMailbox
from scheduler.gateways.incoming import MOST_BYTES
from scheduler.mail_settings import AnswersMailbox
from scheduler.services import answers
from scheduler.services.answers import OURS, Outcome
from scheduler.settings import Settings
from scheduler.store import answer_mailboxes as store
from scheduler.store.answer_mailboxes import Mark
from scheduler.store.database import reading, transaction

log = logging.getLogger(__name__)

EVERY = 60
AFTER_TROUBLE = 300
MOST_AT_ONCE = 50
FIRST_LOOK_BACK = timedelta(days=7)
"""How old the mail may be that the first reading looks at."""


def read_due(
    settings: Settings,
    clock: Callable[[], int],
    *,
    stop: Event,
    tls: ssl.SSLContext | None = None,
) -> Counter[Outcome]:
    """Read the mailbox if its turn has come; how many answers ended how. **Raises** `StoreBusy`."""
    mailbox = settings.answers_mailbox
    if mailbox is None:
        return Counter()
    name, now = _name(mailbox), clock()
    with reading() as tx:
        if not store.is_due(tx, name, now=now):
            return Counter()
    with transaction() as tx:
        mark = store.claim(tx, name, until=now + EVERY, now=now)
    if mark is None:
        return Counter()
    try:
        counts, mark, has_more = _read(mailbox, mark, clock, stop, tls)
    except MailboxFailure as failure:
        log.warning("the mailbox of answers cannot be read", extra={"outcome": failure.trouble.value})
        with transaction() as tx:
            store.note_trouble(tx, name, failure.trouble.value, due_at=now + AFTER_TROUBLE)
        return Counter()
    with transaction() as tx:
        store.note_read(tx, name, mark, due_at=clock() if has_more else now + EVERY, now=clock())
    for outcome, count in counts.items():
        log.info("calendar answers", extra={"outcome": outcome.value, "count": count})
    return counts


def _read(
    mailbox: AnswersMailbox, mark: Mark, clock: Callable[[], int], stop: Event, tls: ssl.SSLContext | None
) -> tuple[Counter[Outcome], Mark, bool]:
    """What came of the next messages, up to where they go, and whether there are more."""
    account = Account(
        mailbox.host, mailbox.port, mailbox.username, mailbox.password, mailbox.folder, mailbox.encrypted
    )
    with imap.opened(account, tls=tls) as box:
        last_uid, waiting = _waiting(box, mark, clock())
        batch = waiting[:MOST_AT_ONCE]
        counts: Counter[Outcome] = Counter()
        for uid in _answers_among(box, batch):
            if stop.is_set():
                return counts, Mark(box.uid_validity, uid - 1), True
            counts += _take(box, uid, clock())
        return counts, Mark(box.uid_validity, batch[-1] if batch else last_uid), len(waiting) > len(batch)


def _waiting(box: OpenMailbox, mark: Mark, now: int) -> tuple[int, list[int]]:
    """Up to which UID nothing is to be read, and the UIDs to read, ascending."""
    if mark.uid_validity == box.uid_validity:
        return mark.last_uid, box.after(mark.last_uid)
    # Read for the first time, or the mailbox was made anew: what was noted before is known by its Message-ID.
    return box.next_uid - 1, box.since(local_day(now, "UTC") - FIRST_LOOK_BACK)


def _answers_among(box: OpenMailbox, uids: Sequence[int]) -> list[int]:
    if not uids:
        return []
    return sorted(uid for uid, size in box.with_calendar(uids).items() if size <= MOST_BYTES)


def _take(box: OpenMailbox, uid: int, now: int) -> Counter[Outcome]:
    content = box.content(uid, MOST_BYTES)
    try:
        found = answers.take(content, now=now)
    except StoreBusy:
        raise
    except Exception as error:
        # One message that cannot be read must not keep the others waiting; its text stays out of the log.
        log.error("a calendar answer cannot be read", extra={"kind": type(error).__name__})
        return Counter([Outcome.NO_ANSWER])
    if OURS & found.keys():
        box.mark_seen(uid)
    return found


def _name(mailbox: AnswersMailbox) -> str:
    place = f"{mailbox.username}@{mailbox.host}:{mailbox.port}/{mailbox.folder}"
    return hashlib.sha256(place.encode()).hexdigest()
