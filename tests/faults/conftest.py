"""The worker's fixtures, for what happens between the mail server and the database."""

from tests.test_worker import mailing, odd

__all__ = ["mailing", "odd"]
