"""Every text has its translations, with the same placeholders; the tool that says so finds what it should."""

import re
from pathlib import Path

import pytest

from tools import messages


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_message_has_its_translation(language: str) -> None:
    assert messages.problems(language) == []


def test_no_compiled_catalogue_is_kept_beside_the_text() -> None:
    assert list((messages.ROOT / "scheduler" / "translations").rglob("*.mo")) == []


def test_french_signs_never_begin_a_line() -> None:
    catalogue = messages.read("fr")
    texts = [text for message in catalogue for text in _strings(message.string)]

    assert len(texts) > 300
    assert [text for text in texts if re.search(r" [:;?!»]|« ", text)] == []
    assert [text for text in texts if "'" in text] == []


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_quotes_and_spaces_are_those_of_print(language: str) -> None:
    catalogue = messages.read(language)
    pairs = [
        (str(message.id if isinstance(message.id, str) else message.id[0]), text)
        for message in catalogue
        if message.id
        for text in _strings(message.string)
    ]

    assert [text for _, text in pairs if re.search(r"""['"]""", re.sub(r"<[^>]*>", "", text))] == []
    assert [text for key, text in pairs if (text != text.strip()) != (key != key.strip())] == []
    assert [text for _, text in pairs if "..." in text or "  " in text] == []


@pytest.mark.parametrize(
    ("language", "familiar"),
    [
        ("de", r"\b(du|dir|dich|dein\w*)\b|\w\*innen|\w:innen"),
        ("es", r"\b(tú|tus?|contigo|vosotros)\b"),
        ("ru", r"\b(ты|тебя|тебе|твой|твоя|твоё)\b"),
    ],
)
def test_visitors_are_addressed_formally(language: str, familiar: str) -> None:
    texts = [text for message in messages.read(language) for text in _strings(message.string)]

    assert [text for text in texts if re.search(familiar, text, re.IGNORECASE)] == []


def test_visitors_are_addressed_with_vous() -> None:
    texts = [text for message in messages.read("fr") for text in _strings(message.string)]

    assert [text for text in texts if re.search(r"\b(tu|toi|ton|tes|ta)\b", text, re.IGNORECASE)] == []


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ('_("Book this time")', ["Book this time"]),
        ('wording.gettext(language, "In person: %(address)s.", address=place)', ["In person: %(address)s."]),
        ('gettext(language, "one") if x else gettext(language, "two")', ["one", "two"]),
        ('ngettext(language, "%(num)s day", "%(num)s days", n)', [("%(num)s day", "%(num)s days")]),
        ('raise BadContact("Check the address")', ["Check the address"]),
        ('raise Refused({"email": "Check the address"})', ["Check the address"]),
        ('_OVER = "This is over"\nraise Refused({"time": _OVER})', ["This is over"]),
        (
            'problems["note"] = "Shorter, please" if long else "Longer, please"',
            ["Shorter, please", "Longer, please"],
        ),
        ('Answer(404, "not_found", "We cannot find this")', ["We cannot find this"]),
        ('say("It is saved now", "warn")', ["It is saved now"]),
        ('say("%(name)s is on the list", name=name)', ["%(name)s is on the list"]),
        ('def _problem():\n    """Say it."""\n    return {"a": "Too long a text"}', ["Too long a text"]),
        ('print("No key at all")', []),
        ("_(problem)", []),
    ],
)
def test_keys_are_found_where_python_writes_them(source: str, keys: list[messages.Key]) -> None:
    assert [key for _, key in messages.in_python(source)] == keys


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        (b'{{ _("Book this time") }}', ["Book this time"]),
        (b"<a title=\"{{ _('Back') }}\">", ["Back"]),
        (b'{{ ngettext("%(num)s time", "%(num)s times", n) }}', [("%(num)s time", "%(num)s times")]),
        (b"{% trans %}Two\n  lines{% endtrans %}", ["Two lines"]),
        (b"{{ _(problem) }}", []),
    ],
)
def test_keys_are_found_where_templates_write_them(source: bytes, keys: list[messages.Key]) -> None:
    assert [key for _, key in messages.in_template(source)] == keys


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A tiny project with one key of each kind and an up-to-date French catalogue."""
    (tmp_path / "scheduler").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "scheduler" / "a.py").write_text('_("Hello %(name)s")', encoding="utf-8")
    (tmp_path / "templates" / "a.html").write_text('{{ ngettext("%(num)s day", "%(num)s days", n) }}')
    messages.update("fr", tmp_path)
    translate(
        tmp_path, 'msgid "Hello %(name)s"\nmsgstr ""', 'msgid "Hello %(name)s"\nmsgstr "Bonjour %(name)s"'
    )
    translate(tmp_path, 'msgstr[0] ""\nmsgstr[1] ""', 'msgstr[0] "un jour"\nmsgstr[1] "%(num)s jours"')
    return tmp_path


def translate(project: Path, old: str, new: str) -> None:
    """Change the catalogue as a translator does."""
    path = messages.catalogue_path("fr", project)
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new), encoding="utf-8")


def test_a_complete_catalogue_has_no_problem_and_updating_it_changes_nothing(project: Path) -> None:
    before = messages.catalogue_path("fr", project).read_bytes()
    messages.update("fr", project)

    assert messages.problems("fr", project) == []
    assert messages.catalogue_path("fr", project).read_bytes() == before


def test_a_new_key_is_missed_until_it_is_translated(project: Path) -> None:
    (project / "scheduler" / "b.py").write_text('_("Good bye")', encoding="utf-8")

    assert messages.problems("fr", project) == ["missing  'Good bye' (scheduler/b.py:1)"]
    messages.update("fr", project)
    assert messages.problems("fr", project) == ["missing  'Good bye' (scheduler/b.py:1)"]


def test_a_key_that_is_gone_is_named_and_dropped(project: Path) -> None:
    (project / "scheduler" / "a.py").write_text("", encoding="utf-8")

    assert messages.problems("fr", project) == ["unused   'Hello %(name)s'"]
    messages.update("fr", project)
    assert messages.problems("fr", project) == []


def test_other_placeholders_than_the_keys_are_named(project: Path) -> None:
    translate(project, "Bonjour %(name)s", "Bonjour %(nom)s")

    [problem] = messages.problems("fr", project)
    assert problem.startswith("differs  'Hello %(name)s'")


def _strings(string: object) -> list[str]:
    if isinstance(string, str):
        return [string]
    return [str(text) for text in string] if isinstance(string, tuple | list) else []
