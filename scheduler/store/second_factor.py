"""The second factor's secret, sealed; the last code used; recovery codes as HMACs.

A secret without a last step is one that was shown but not yet proven: the
second factor is off.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from scheduler.store.accounts import RecoveryCodeRow, UserRow
from scheduler.store.database import vault_of
from scheduler.store.secrets import Place


def propose(tx: Connection, user_id: str, secret: str) -> None:
    """Keep a secret that is to be proven by a first code; changes nothing where one is in use."""
    sealed = vault_of(tx).seal(secret, _place(user_id))
    tx.execute(
        update(UserRow).where(UserRow.id == user_id, UserRow.totp_step.is_(None)).values(totp_sealed=sealed)
    )


def find(tx: Connection, user_id: str) -> tuple[str | None, int | None]:
    """The secret, if there is one, and the step of the last code used (None while it is not proven)."""
    row = tx.execute(select(UserRow.totp_sealed, UserRow.totp_step).where(UserRow.id == user_id)).one()
    secret = vault_of(tx).open(row.totp_sealed, _place(user_id)) if row.totp_sealed else None
    return secret, row.totp_step


def use_step(tx: Connection, user_id: str, step: int) -> bool:
    """Note that the code of this step was used. False when it, or a later one, was used before."""
    later = or_(UserRow.totp_step.is_(None), UserRow.totp_step < step)
    used = update(UserRow).where(UserRow.id == user_id, UserRow.totp_sealed.is_not(None), later)
    return tx.execute(used.values(totp_step=step)).rowcount == 1


def clear(tx: Connection, user_id: str) -> None:
    """Turn the second factor off; its secret and codes are gone."""
    tx.execute(update(UserRow).where(UserRow.id == user_id).values(totp_sealed=None, totp_step=None))
    tx.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))


def replace_codes(tx: Connection, user_id: str, codes: Iterable[str]) -> None:
    """New recovery codes; the old ones are worth nothing."""
    tx.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))
    rows = [{"code_lookup": _lookup(tx, user_id, code), "user_id": user_id} for code in codes]
    tx.execute(insert(RecoveryCodeRow), rows)


def use_code(tx: Connection, user_id: str, code: str) -> bool:
    """Use up a recovery code; of two at once, one succeeds."""
    used = delete(RecoveryCodeRow).where(
        RecoveryCodeRow.code_lookup == _lookup(tx, user_id, code), RecoveryCodeRow.user_id == user_id
    )
    return tx.execute(used).rowcount == 1


def codes_left(tx: Connection, user_id: str) -> int:
    """How many recovery codes are unused."""
    count = select(func.count()).select_from(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id)
    return int(tx.execute(count).scalar_one())


def _lookup(tx: Connection, user_id: str, code: str) -> bytes:
    return vault_of(tx).lookup("recovery-code", f"{user_id}\x1f{code}")


def _place(user_id: str) -> Place:
    return Place("users", "totp", user_id)
