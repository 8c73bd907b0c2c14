"""Sessions of the practice side: kept in the database, known there by a hash, ended at once.

Flask-Session's server-side session on our own table: its own SQL store keeps
the ids readable, creates its table by itself and opens a session for everyone.
"""

import json
from datetime import timedelta
from typing import Any

from flask import Flask, Request, Response
from flask_session.base import ServerSideSession, ServerSideSessionInterface

from scheduler.clock import utcnow
from scheduler.services import accounts
from scheduler.store.accounts import StoredSession

ID_BYTES = 32
NOTED_EVERY = 60
"""That a session is in use is noted at most this often, in seconds."""


class StaffSession(ServerSideSession):  # type: ignore[misc]  # Flask-Session ships no types
    """A session: `stored` is what the database held when the request came."""

    stored: StoredSession | None = None
    replaces: str | None = None


class DatabaseSessions(ServerSideSessionInterface):  # type: ignore[misc]  # Flask-Session ships no types
    """Opens sessions on the practice side only: a visitor has none, and writing to it is an error."""

    session_class = StaffSession

    def __init__(self, app: Flask, idle: timedelta) -> None:
        super().__init__(app, key_prefix="", permanent=False, sid_length=ID_BYTES)
        self.idle = int(idle.total_seconds())

    def open_session(self, app: Flask, request: Request) -> StaffSession | None:
        """The request's session, a new one, or none for a visitor."""
        if request.path != "/practice" and not request.path.startswith("/practice/"):
            return None
        session_id = request.cookies.get(self.get_cookie_name(app), "")
        stored = accounts.find_session(session_id, now=utcnow()) if session_id else None
        if stored is None:
            return StaffSession(sid=self._generate_sid(self.sid_length))
        session = StaffSession(json.loads(stored.content), sid=session_id)
        session.stored = stored
        return session

    def should_set_storage(self, app: Flask, session: ServerSideSession) -> bool:
        """Whether to write: something changed, or the session was not noted as used for a while."""
        stored = session.stored
        return session.modified or (
            stored is not None and stored.expires_at < utcnow() + self.idle - NOTED_EVERY
        )

    def save_session(self, app: Flask, session: ServerSideSession, response: Response) -> None:
        """Keep the session; one that was emptied is ended here and in the browser."""
        if session or not session.modified:
            super().save_session(app, session, response)
            return
        self._delete_session(session.sid)
        response.delete_cookie(
            self.get_cookie_name(app),
            path=self.get_cookie_path(app),
            secure=bool(self.get_cookie_secure(app)),
            httponly=True,
            samesite=self.get_cookie_samesite(app),
        )
        response.vary.add("Cookie")

    def regenerate(self, session: ServerSideSession) -> None:
        """Give the session a new id, which makes the old one worthless."""
        session.replaces, session.stored = session.sid if session.stored else None, None
        session.sid = self._generate_sid(self.sid_length)
        session.modified = True

    def _upsert_session(self, _lifetime: timedelta, session: Any, store_id: str) -> None:
        content = json.dumps(dict(session)).encode()
        if session.stored is not None:
            accounts.change_session(store_id, content=content, idle=self.idle, now=utcnow())
            return
        accounts.begin_session(
            store_id,
            replaces=session.replaces,
            account_key=str(session.get("_user_id", "")),
            content=content,
            idle=self.idle,
            now=utcnow(),
        )

    def _delete_session(self, store_id: str) -> None:
        accounts.end_session(store_id)

    def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
        stored = accounts.find_session(store_id, now=utcnow())
        return None if stored is None else dict(json.loads(stored.content))
