"""Words that a visitor reads are plain and short, in every language; words that chill are not among them."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

import pytest

from tools import messages

VISITORS = (
    "templates/visitor/",
    "templates/macros/",
    "templates/layout/visitor.html",
    "templates/errors/",
    "templates/mail/",
    "scheduler/domain/intake.py",
    "scheduler/services/contacts.py",
    "scheduler/services/forms.py",
    "scheduler/services/offers.py",
    "scheduler/services/terms.py",
    "scheduler/services/wishes.py",
    "scheduler/web/errors.py",
)
"""Where texts stand that visitors read, in pages, mails and refusals."""
STAFF = ("templates/mail/account_", "templates/mail/layout/account", "templates/mail/therapist_")

GRADE = 6.0
"""Flesch-Kincaid; the design's ceiling. Two sentences, with "calendar" in both, are too few to measure."""
MEAN, LONGEST = 10.0, 25
"""Words in a sentence: of a page, and of any one."""

BANNED = re.compile(
    r"\b(patients?|treatments?|slots?|events?|invitees?|invalid|failed|mandatory|submit(s|ted)?)\b",
    re.IGNORECASE,
)
"""**Source** DESIGN.md section 6, point 9."""
URGENT = re.compile(
    r"\bonly \S+ left\b|\bothers are looking\b|\bhurry\b|\bare you sure\b|[!*]", re.IGNORECASE
)
"""**Source** DESIGN.md section 6, points 6 and 7; section 4: no asterisks."""

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
_PROSE = re.compile(r"[.!?…]$")
"""A sentence, and not a label or a heading: those are short and would flatter the figures."""
_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_VOWELS = re.compile(r"[aeiouy]+")


def syllables(word: str) -> int:
    """Of an English word: its groups of vowels, without a silent last e. Close, not exact."""
    word = word.lower()
    count = len(_VOWELS.findall(word))
    silent = word.endswith("e") and not word.endswith("le")
    if (silent or re.search(r"[^td]ed$", word) or re.search(r"[^aeiouysxz]es$", word)) and count > 1:
        count -= 1
    return max(1, count)


def sentences(text: str) -> Iterator[list[str]]:
    """The words of each sentence; what will be filled in counts as one word."""
    for sentence in _SENTENCE_END.split(_PLACEHOLDER.sub("Ann", re.sub(r"<[^>]+>", " ", text))):
        if words := _WORD.findall(sentence):
            yield words


def grade(texts: Iterable[str]) -> float:
    """The school year in which English texts are understood. **Source** Kincaid and others, 1975."""
    said = [words for text in texts for words in sentences(text)]
    words = [word for sentence in said for word in sentence]
    return 0.39 * len(words) / len(said) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def strings(key: object) -> list[str]:
    """A text, or its singular and plural."""
    return (
        [key]
        if isinstance(key, str)
        else [str(form) for form in key]
        if isinstance(key, tuple | list)
        else []
    )


all_keys = cache(messages.keys)


def visitors_keys() -> dict[str, list[messages.Key]]:
    """Keys of what visitors read, by the file where they stand."""
    found: dict[str, list[messages.Key]] = {}
    for key, places in all_keys().items():
        for file in {place for place, _ in places if place.startswith(VISITORS)}:
            if not file.startswith(STAFF):
                found.setdefault(file, []).append(key)
    return found


def prose(keys: Iterable[messages.Key], language: str) -> list[str]:
    """The sentences of these keys, of singular and plural only the latter; English where nothing else is."""
    catalogue = None if language == "en" else messages.read(language)
    found = []
    for key in keys:
        message = catalogue.get(strings(key)[0]) if catalogue is not None else None
        text = strings(message.string if message is not None and message.string else key)[-1]
        if _PROSE.search(text):
            found.append(text)
    return found


def test_the_measure_itself_is_right() -> None:
    known = {
        "cat": 1,
        "time": 1,
        "table": 2,
        "booked": 1,
        "wanted": 2,
        "appointment": 3,
        "cancel": 2,
        "times": 1,
    }
    assert {word: syllables(word) for word in known} == known
    assert grade(["The cat sat on the mat."]) == pytest.approx(-1.45, abs=0.01)
    hard = "Notwithstanding contractual obligations, cancellation necessitates immediate notification."
    assert grade([hard]) > 20


def test_every_page_and_mail_is_understood_in_the_sixth_school_year() -> None:
    pages = {file: prose(keys, "en") for file, keys in visitors_keys().items()}
    assert len(pages) > 50
    grades = {file: round(grade(texts), 1) for file, texts in pages.items() if len(texts) > 2}
    assert {file: found for file, found in grades.items() if found > GRADE} == {}
    assert grade({text for texts in pages.values() for text in texts}) < 4


@pytest.mark.parametrize("language", ["en", *messages.LANGUAGES])
def test_sentences_are_short_in_every_language(language: str) -> None:
    texts = prose({key for keys in visitors_keys().values() for key in keys}, language)
    said = [words for text in texts for words in sentences(text)]
    assert len(said) > 250
    assert [" ".join(words) for words in said if len(words) > LONGEST] == []
    assert sum(map(len, said)) / len(said) <= MEAN


def test_no_text_uses_a_word_that_the_design_bans() -> None:
    said = [text for key in all_keys() for text in strings(key)]
    assert len(said) > 1000
    assert [text for text in said if BANNED.search(text)] == []


def test_no_visitor_is_hurried_or_asked_twice() -> None:
    said = [text for keys in visitors_keys().values() for key in keys for text in strings(key)]
    assert [text for text in said if URGENT.search(text)] == []
