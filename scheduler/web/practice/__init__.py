"""The practice side: week, requests, hours, types, calendars, mail and settings, all behind sign-in."""

import scheduler.web.practice.account
import scheduler.web.practice.answers
import scheduler.web.practice.appointments
import scheduler.web.practice.calendars
import scheduler.web.practice.changes
import scheduler.web.practice.chosen_turns
import scheduler.web.practice.embed
import scheduler.web.practice.hours
import scheduler.web.practice.mail
import scheduler.web.practice.newsletter
import scheduler.web.practice.own_calendars
import scheduler.web.practice.questions
import scheduler.web.practice.requests
import scheduler.web.practice.series
import scheduler.web.practice.series_change
import scheduler.web.practice.series_offers
import scheduler.web.practice.settings
import scheduler.web.practice.therapist
import scheduler.web.practice.types
import scheduler.web.practice.waiting
import scheduler.web.practice.week  # noqa: F401 - importing registers the views
from scheduler.web.practice.shell import blueprint

__all__ = ["blueprint"]
