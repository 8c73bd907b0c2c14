"""Mail addresses and phone numbers: checking, and the normal form that look-ups use."""

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from scheduler.domain.text import one_line

EMAIL_LENGTH = 254


class BadContact(ValueError):
    """An address or number cannot be used; the message says what to do."""


def mail_address(given: str) -> str:
    """One ASCII or IDNA mailbox without display name. **Raises** `BadContact`."""
    value = one_line(given)
    if not value:
        raise BadContact("Tell us your email address")
    if "@" not in value:
        raise BadContact("Check the email address: the @ is missing")
    if value.endswith("@"):
        raise BadContact("Check the email address: the part after @ is missing")
    try:
        found = validate_email(value, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError:
        raise BadContact("Check the email address: it should look like name@example.org") from None
    address = found.ascii_email or ""
    if not address or len(address) > EMAIL_LENGTH:
        raise BadContact("Check the email address: it should look like name@example.org")
    return address


def phone_number(given: str, country: str) -> str:
    """The number in international form, "+1 514 555 0123"; empty stays empty. **Raises** `BadContact`.

    A number without country code is read as one of `country` (ISO 3166 alpha-2).
    """
    value = one_line(given)
    if not value:
        return ""
    try:
        parsed = phonenumbers.parse(value[:40], country)
    except phonenumbers.NumberParseException:
        problem = "Check the phone number: use digits, with the country code if it is abroad"
        raise BadContact(problem) from None
    if not phonenumbers.is_possible_number(parsed):
        raise BadContact("Check the phone number: it seems too short or too long")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def mail_key(address: str) -> str:
    """The normal form for comparing: lower case, without a `+tag`."""
    local, _, domain = address.casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def phone_key(number: str) -> str:
    """The normal form for comparing: digits only, country code first."""
    return "".join(character for character in number if character.isdecimal())
