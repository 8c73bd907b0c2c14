"""Languages somebody speaks: names in the reader's language, and tags from names as people type them.

**Source** CLDR through Babel; tags as in BCP 47.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from scheduler.domain.text import folded
from scheduler.services import wording

_SEPARATORS = re.compile(r"[,;\n]+")


def written(tags: Iterable[str], language: str) -> str:
    """ "English, French": to be read, or changed and read again by `read`."""
    return ", ".join(_names(wording.supported(language)).get(tag, tag) for tag in tags)


def read(line: str, language: str) -> tuple[str, ...] | None:
    """The tags of languages typed with commas between, in any language of ours; None where one is unknown."""
    typed = [folded(piece.strip()) for piece in _SEPARATORS.split(line) if piece.strip()]
    found = [_tag(one, language) for one in typed]
    return tuple(dict.fromkeys(found)) if all(found) else None


def _tag(typed: str, language: str) -> str:
    for known in (wording.supported(language), *wording.SUPPORTED):
        found = _by_name(known).get(typed)
        if found:
            return found
    return ""


@lru_cache(maxsize=8)
def _names(language: str) -> dict[str, str]:
    words = wording.locale_of(language).languages
    return {tag: wording.sentence(str(word)) for tag, word in words.items() if tag.isalpha()}


@lru_cache(maxsize=8)
def _by_name(language: str) -> dict[str, str]:
    return {folded(word): tag for tag, word in _names(language).items()}
