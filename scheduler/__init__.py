"""Booking and free-consultation scheduler for psychotherapy practices."""

__version__ = "0.1.0"
