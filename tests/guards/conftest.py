"""The worker's fixtures, for proofs that live in its tests."""

from tests.test_worker import mailing, odd

__all__ = ["mailing", "odd"]
