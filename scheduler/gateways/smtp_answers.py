"""What a mail server said when it did not take a mail."""

import re
import smtplib


def code_of(error: Exception) -> int | None:
    """The server's answer, if it gave one."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code if error.smtp_code > 0 else None
    return None


def reason_of(error: Exception) -> str:
    """The server's words as one line."""
    words: object = str(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        words = max(error.recipients.values())[1]
    elif isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return " ".join(re.sub("[\x00-\x1f\x7f-\x9f]", " ", text).split())[:500]
