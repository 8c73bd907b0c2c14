"""Practices that speak more languages, and a made-up language that runs from right to left."""

from dataclasses import replace
from pathlib import Path
from string import ascii_letters

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from flask import Flask
from playwright.sync_api import Page

from scheduler.services import directory, wording
from scheduler.store import practice as practices
from scheduler.store.database import transaction
from tools import messages

ARABIC = dict(zip(ascii_letters, "ابجدهوزحطيكلمنسعفصقرشتثخذض" * 2, strict=True))
"""A letter for each letter: nobody can read it, but it runs as Arabic does and is as long as English."""


def teach(app: Flask, languages: tuple[str, ...], slug: str = "demo") -> None:
    """Let a practice offer these languages, the first being its own."""
    with app.app_context():
        practice = directory.practice(slug)
        with transaction() as tx:
            practices.save(tx, replace(practice, languages=languages))


def add_made_up_arabic(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Give the program an `ar` whose catalogue is English in Arabic letters, values and HTML untouched."""
    catalogue = Catalog(locale="ar", charset="utf-8", fuzzy=False)
    for key in list(messages.keys()):
        many = isinstance(key, tuple)
        text = in_arabic_letters(key[1] if isinstance(key, tuple) else key)
        catalogue.add(key, (text,) * catalogue.num_plurals if many else text)
    place = folder / "ar" / "LC_MESSAGES" / "messages.po"
    place.parent.mkdir(parents=True)
    with place.open("wb") as file:
        write_po(file, catalogue)
    wording._catalogue.cache_clear()
    monkeypatch.setattr(wording, "CATALOGUES", folder)
    monkeypatch.setattr(wording, "SUPPORTED", (*wording.SUPPORTED, "ar"))
    monkeypatch.setitem(wording._LOCALES, "ar", "ar")
    monkeypatch.setitem(wording._PATTERNS, "ar", {**wording._PATTERNS["en"], "short": "EEEE d MMMM"})


def in_arabic_letters(text: str) -> str:
    """The text with each letter exchanged, outside of `%(value)s` and of tags."""
    found, kept = "", 0
    for sign, following in zip(text, [*text[1:], ""], strict=True):
        if sign == "<" or (sign == "%" and following == "("):
            kept = 1
        found += sign if kept else ARABIC.get(sign, sign)
        if kept == 1 and sign == ">":
            kept = 0
        elif kept == 1 and sign == ")" and following in "sd":
            kept = 2
        elif kept == 2:
            kept = 0
    return found


def turn_round(page: Page) -> None:
    """Make the page run from right to left as it stands, its words as they are."""
    page.evaluate(_TURN_ROUND)


def write_in_arabic(page: Page) -> None:
    """Exchange the letters of the page; what is marked to run from left to right, a code say, stays."""
    page.evaluate(_WRITE_IN_ARABIC, ARABIC)


_TURN_ROUND = """() => {
  for (const one of document.querySelectorAll(':root, main[dir], [role=main][dir]')) one.dir = 'rtl';
}"""
_WRITE_IN_ARABIC = """letters => {
  document.documentElement.lang = 'ar';
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const word = words.currentNode;
    if (!word.parentElement.closest('script, style, textarea, [dir=ltr]'))
      word.data = word.data.replace(/[a-zA-Z]/g, letter => letters[letter]);
  }
}"""
