"""Who is signed in on the practice side, and what an account knows."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an account may do: a therapist sees the own calendar, an owner the whole practice."""

    OWNER = "owner"
    THERAPIST = "therapist"


@dataclass(frozen=True, slots=True)
class Staff:
    """The person whose request this is. `therapist_id` is None for an owner who sees no clients."""

    user_id: str
    practice_id: str
    therapist_id: str | None
    role: Role
    name: str

    @property
    def is_owner(self) -> bool:
        """Whether the whole practice is open to this person."""
        return self.role is Role.OWNER

    def may_act_for(self, therapist_id: str) -> bool:
        """Whether this person may see and change that therapist's calendar.

        Only meaningful for a therapist fetched through `practice_id`.
        """
        return self.is_owner or self.therapist_id == therapist_id


@dataclass(frozen=True, slots=True)
class Account:
    """A staff account as stored. `key` stands in sessions: a new one ends them all."""

    id: str
    practice_id: str
    therapist_id: str | None
    role: Role
    name: str
    email: str
    password_hash: str
    key: str
    active: bool
    has_second_factor: bool
