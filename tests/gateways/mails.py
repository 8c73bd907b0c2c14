"""Mails of the cast, as fixed values."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from scheduler.gateways.message import OutgoingMail

CALENDAR = (Path(__file__).parents[1] / "golden" / "booked.ics").read_bytes()

TO_VERA = OutgoingMail(
    message_id="<6f1c@demo.example>",
    date=1780000000,
    sender=("booking@demo.example", "Ada, Montréal"),
    recipient="vera@visitor.example",
    subject="Votre rendez-vous du 3 juin à 10 h 30",
    text="Bonjour,\n\nà mercredi.\n",
    html="<p>Bonjour, à mercredi.</p>\n",
    calendar=CALENDAR,
    method="REQUEST",
    in_reply_to="<5e0b@demo.example>",
    language="fr",
)


def to_vera(**changes: Any) -> OutgoingMail:
    """The mail to Vera with something different."""
    return replace(TO_VERA, **changes)
