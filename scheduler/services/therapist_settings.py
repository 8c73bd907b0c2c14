"""What is set for one therapist: name, mail, the video room, the profile, and where the licence holds."""

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from scheduler.domain.errors import Refused
from scheduler.domain.practice import Texts, TherapistMail
from scheduler.services import audit
from scheduler.services.contacts import BadContact, mail_address
from scheduler.services.desk import Desk
from scheduler.store import therapists
from scheduler.store.database import transaction

LINK_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Profile:
    """What visitors read of a therapist, per language or as tags; and the places of the licence, as codes."""

    credentials: Texts = field(default_factory=dict)
    approach: Texts = field(default_factory=dict)
    spoken: tuple[str, ...] = ()
    practising_since: int | None = None
    places: tuple[str, ...] = ()


def save(
    desk: Desk,
    therapist_id: str,
    *,
    name: str,
    email: str,
    mail: TherapistMail,
    video_link: str,
    profile: Profile,
    now: int,
) -> None:
    """New settings of a therapist of this desk. **Raises** `Refused` by field, `NotFound`."""
    therapist = desk.therapist_of_id(therapist_id)
    address = _checked(name, email, video_link)
    with transaction() as tx:
        therapists.raise_revision(tx, therapist.id, now=now, hours=False)
        current = therapists.find(tx, desk.practice.id, therapist.id)
        changed = replace(
            current,
            name=name,
            email=address,
            mail=mail,
            video_link=video_link,
            credentials=_filled(profile.credentials),
            approach=_filled(profile.approach),
            spoken=profile.spoken,
            practising_since=profile.practising_since,
            places=profile.places,
        )
        therapists.save(tx, changed)
        audit.note(
            tx,
            "therapist.save",
            actor=desk.actor,
            now=now,
            practice_id=desk.practice.id,
            object_id=therapist.id,
        )


def _checked(name: str, email: str, video_link: str) -> str:
    """The address as it is stored. **Raises** `Refused` by field."""
    problems: dict[str, str] = {}
    if not name:
        problems["name"] = "Give the name that clients read"
    address = ""
    try:
        address = mail_address(email)
    except BadContact as problem:
        problems["email"] = str(problem)
    if video_link and not _is_link(video_link):
        problems["video_link"] = "Give a whole address that begins with https://"
    if problems:
        raise Refused(problems)
    return address


def _filled(texts: Texts) -> Texts:
    return {language: words for language, words in texts.items() if words}


def _is_link(given: str) -> bool:
    try:
        parts = urlsplit(given)
    except ValueError:
        return False
    is_plain = given.isascii() and given.isprintable() and " " not in given and len(given) <= LINK_LENGTH
    return is_plain and parts.scheme == "https" and bool(parts.hostname) and parts.username is None
