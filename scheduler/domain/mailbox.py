"""A mail address in the one spelling that headers and calendar addresses accept: ASCII."""

import re
import unicodedata

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_LONGEST = 254


def ascii_address(address: str) -> str:
    """`cora@praxis-müller.example` as `cora@xn--praxis-mller-klb.example`.

    Expects a bare address that was validated when it was typed; this is the
    last gate before a header.
    **Raises** `ValueError` for anything else: a display name, quotes, spaces,
    control characters, a local part outside ASCII.
    **Source** RFC 5321 section 4.1.2, RFC 5891 section 4.4.
    """
    local_part, _, domain = address.rpartition("@")
    labels = [_ascii_label(label) for label in domain.split(".")]
    plain = f"{local_part}@{'.'.join(labels)}"
    if (
        len(plain) > _LONGEST
        or len(local_part) > 64
        or not _LOCAL_PART.fullmatch(local_part)
        or not all(_LABEL.fullmatch(label) for label in labels)
    ):
        raise ValueError("not a plain mail address")
    return plain


def _ascii_label(label: str) -> str:
    """The A-label. The codec `idna` is of 2003 and would turn `straße` into another domain, `strasse`."""
    if label.isascii():
        return label
    lowered = unicodedata.normalize("NFC", label.lower())
    if not all(character.isalnum() or character == "-" for character in lowered):
        raise ValueError("not a plain mail address")
    return "xn--" + lowered.encode("punycode").decode("ascii")
