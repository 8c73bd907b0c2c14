"""Staff accounts and their sessions. A session is known by the hash of its id only."""

import hashlib
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Connection,
    ForeignKey,
    LargeBinary,
    RowMapping,
    String,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.domain.staff import Account, Role
from scheduler.store.tables import Base


class UserRow(Base):
    """A person who signs in."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    practice_id: Mapped[str] = mapped_column(ForeignKey("practices.id", ondelete="CASCADE"), index=True)
    therapist_id: Mapped[str | None] = mapped_column(ForeignKey("therapists.id", ondelete="SET NULL"))
    role: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    key: Mapped[str] = mapped_column(String(64), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[int] = mapped_column(BigInteger)
    totp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'therapist')", name="ck_users_known_role"),
        CheckConstraint(
            "role = 'owner' OR therapist_id IS NOT NULL OR NOT active", name="ck_users_a_therapist_is_one"
        ),
    )


class RecoveryCodeRow(Base):
    """A code that stands in for the second factor once; known by its HMAC only."""

    __tablename__ = "recovery_codes"
    code_lookup: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)


class AccountTokenRow(Base):
    """A link that was mailed to an account."""

    __tablename__ = "account_tokens"
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class ResetQuestionRow(Base):
    """Somebody typed this address as one whose password is forgotten; the worker sees whether it is known."""

    __tablename__ = "reset_questions"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    email_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[int] = mapped_column(BigInteger, index=True)


class SessionRow(Base):
    """A browser's session on the practice side; `account_key` is empty before sign-in."""

    __tablename__ = "sessions"
    id_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_key: Mapped[str] = mapped_column(String(64), default="", index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


@dataclass(frozen=True, slots=True)
class StoredSession:
    """What is kept of a session. It ends at `expires_at`, unless it is used before."""

    content: bytes
    created_at: int
    expires_at: int


def add_user(
    tx: Connection,
    *,
    practice_id: str,
    therapist_id: str | None,
    role: Role,
    name: str,
    email: str,
    password_hash: str,
    now: int,
) -> str:
    """Add an account and return its id; `email` is unique in the whole installation."""
    user_id = str(uuid4())
    tx.execute(
        insert(UserRow).values(
            id=user_id,
            practice_id=practice_id,
            therapist_id=therapist_id,
            role=role.value,
            name=name,
            email=normalised(email),
            password_hash=password_hash,
            key=new_key(),
            active=True,
            created_at=now,
        )
    )
    return user_id


def find_user(
    tx: Connection, *, email: str | None = None, key: str | None = None, user_id: str | None = None
) -> Account | None:
    """The account with this address, this id, or this key."""
    if email is not None:
        condition = UserRow.email == normalised(email)
    else:
        condition = UserRow.id == user_id if user_id is not None else UserRow.key == (key or "")
    row = tx.execute(select(*_COLUMNS).where(condition)).mappings().first()
    return _account(row) if row else None


def keepers(tx: Connection, practice_id: str, therapist_id: str) -> list[Account]:
    """Who keeps the therapist's calendar: the therapist's own accounts, else the practice's owners."""
    active = select(*_COLUMNS).where(UserRow.practice_id == practice_id, UserRow.active)
    own = tx.execute(active.where(UserRow.therapist_id == therapist_id).order_by(UserRow.id)).mappings().all()
    owners = active.where(UserRow.role == Role.OWNER.value).order_by(UserRow.id)
    return [_account(row) for row in own or tx.execute(owners).mappings().all()]


def set_password(tx: Connection, user_id: str, password_hash: str) -> None:
    """A new password: the new key ends every session, and links mailed before are worth nothing."""
    tx.execute(delete(AccountTokenRow).where(AccountTokenRow.user_id == user_id))
    tx.execute(
        update(UserRow).where(UserRow.id == user_id).values(password_hash=password_hash, key=new_key())
    )


def replace_hash(tx: Connection, user_id: str, password_hash: str) -> None:
    """The same password, hashed with current parameters: sessions go on."""
    tx.execute(update(UserRow).where(UserRow.id == user_id).values(password_hash=password_hash))


def set_active(tx: Connection, user_id: str, active: bool) -> None:
    """Disable an account, or let it in again; either ends every session."""
    tx.execute(update(UserRow).where(UserRow.id == user_id).values(active=active, key=new_key()))


# ---- sessions --------------------------------------------------------------


def find_session(tx: Connection, session_id: str, *, now: int, started_after: int) -> StoredSession | None:
    """The session that is still alive: not idle too long and begun after `started_after`."""
    row = tx.execute(
        select(SessionRow.content, SessionRow.created_at, SessionRow.expires_at).where(
            SessionRow.id_hash == session_hash(session_id),
            SessionRow.expires_at > now,
            SessionRow.created_at > started_after,
        )
    ).first()
    return StoredSession(*row) if row else None


def add_session(
    tx: Connection, session_id: str, *, account_key: str, content: bytes, created_at: int, expires_at: int
) -> None:
    """Begin a session."""
    tx.execute(
        insert(SessionRow).values(
            id_hash=session_hash(session_id),
            account_key=account_key,
            content=content,
            created_at=created_at,
            expires_at=expires_at,
        )
    )


def change_session(tx: Connection, session_id: str, *, content: bytes, expires_at: int) -> None:
    """New content for a session; one that was ended meanwhile stays ended."""
    tx.execute(
        update(SessionRow)
        .where(SessionRow.id_hash == session_hash(session_id))
        .values(content=content, expires_at=expires_at)
    )


def refresh_session(tx: Connection, session_id: str, expires_at: int) -> None:
    """Let a session that is in use live longer; one that was ended meanwhile stays ended."""
    tx.execute(
        update(SessionRow).where(SessionRow.id_hash == session_hash(session_id)).values(expires_at=expires_at)
    )


def end_session(tx: Connection, session_id: str) -> None:
    """End one session."""
    tx.execute(delete(SessionRow).where(SessionRow.id_hash == session_hash(session_id)))


def forget_sessions(tx: Connection, *, now: int, started_before: int) -> int:
    """Delete sessions that are over; returns how many."""
    over = or_(SessionRow.expires_at <= now, SessionRow.created_at <= started_before)
    return tx.execute(delete(SessionRow).where(over)).rowcount


def session_hash(session_id: str) -> bytes:
    """What is stored of a session's id. SHA-256 suffices for 256 random bits."""
    return hashlib.sha256(session_id.encode()).digest()


def new_key() -> str:
    """A random key for sessions to name an account by."""
    return uuid4().hex


def normalised(email: str) -> str:
    """The form in which a staff address is kept and looked for."""
    return email.strip().lower()


_COLUMNS = (
    *(getattr(UserRow, name) for name in Account.__slots__ if name != "has_second_factor"),
    UserRow.totp_step.is_not(None).label("has_second_factor"),
)


def _account(row: RowMapping) -> Account:
    return Account(**{**row, "role": Role(row["role"])})
