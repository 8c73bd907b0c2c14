"""What a website hears of a booking, once the practice allows it: a word that stands for it."""

import hashlib
import hmac

from flask import current_app

_CHARACTERS = 16


def reference_of(appointment_id: str) -> str:
    """Always the same word for an appointment, so that a website counts it once.

    Keyed: nobody can tell from it which appointment it is, nor make it up.
    """
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, b"website:" + appointment_id.encode(), hashlib.sha256).hexdigest()[:_CHARACTERS]
