"""JSON API, version 1: what the visitor pages do, for programs."""

from scheduler.web.api import appointments, document, practices, slots
from scheduler.web.api.blueprint import blueprint

__all__ = ["appointments", "blueprint", "document", "practices", "slots"]
