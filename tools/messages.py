"""Message keys of pages, mails and errors, and whether each has its translation.

    python -m tools.messages            say what is missing; exit 1 if anything is
    python -m tools.messages update     add new keys to the catalogues, drop those that nothing uses

Keys are found where they are written: string literals given to a translating
function or to an error that is shown, in Python; `_()`, `ngettext()` and
`{% trans %}` in templates.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("fr", "de", "es", "ru")
Key = str | tuple[str, str]
"""A message key; singular and plural where the text counts."""

TRANSLATING = frozenset({"_", "gettext", "lazy_gettext"})
COUNTING = frozenset({"ngettext"})
SHOWN = frozenset({"Answer", "BadContact", "Refused", "say"})
"""What takes a key now and shows its translation later; its other words, such as codes, are no sentences."""
GIVEN_FOR_LATER = frozenset({"needed", "problem"})
"""Keywords by which a form is told the sentence for a bad answer."""
_SENTENCE = re.compile(r"(?:[A-Z]|%\().* ")
_HEADER_LINES = re.compile(
    rb'^(?:# [^\n]*|#|"(?:Report-Msgid-Bugs-To|Last-Translator|Language-Team|Project-Id-Version|Generated-By|'
    rb"POT-Creation-Date|PO-Revision-Date)[^\n]*)\n",
    re.MULTILINE,
)
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def keys(root: Path = ROOT) -> dict[Key, list[tuple[str, int]]]:
    """Every message key with the places (file from the root, line) where it is written, in order."""
    found: dict[Key, list[tuple[str, int]]] = {}
    for file in sorted((root / "scheduler").rglob("*.py")):
        for line, key in in_python(file.read_text(encoding="utf-8")):
            found.setdefault(key, []).append((file.relative_to(root).as_posix(), line))
    for file in sorted((root / "templates").rglob("*")):
        if file.suffix in (".html", ".txt", ".xml", ".js"):
            for line, key in in_template(file.read_bytes()):
                found.setdefault(key, []).append((file.relative_to(root).as_posix(), line))
    return found


def in_python(source: str) -> Iterator[tuple[int, Key]]:
    """(line, key) of each key that is written out in a Python module, or named by a constant of it."""
    module = ast.parse(source)
    named = _constants(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            yield from _in_call(node, named)
        elif isinstance(node, ast.Assign):
            yield from _in_problems(node, named)
        elif isinstance(node, ast.FunctionDef) and "problem" in node.name:
            yield from _in_problem_function(node, named)


def in_template(source: bytes) -> Iterator[tuple[int, Key]]:
    """(line, key) of each translated text in a Jinja template."""
    options = {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}
    options |= {"trim_blocks": "true", "lstrip_blocks": "true"}
    for line, _function, message, _comments in babel_extract(
        BytesIO(source), ("_", "gettext", "ngettext"), [], options
    ):
        parts = (message,) if isinstance(message, str) or message is None else message
        texts = tuple(text for text in parts if text)
        if texts:
            yield line, texts[0] if len(texts) == 1 else (texts[0], texts[1])


def _constants(module: ast.Module) -> dict[str, ast.expr]:
    """The module's names for texts and for tables of texts."""
    named = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            named[node.target.id] = node.value
    return named


def _in_call(call: ast.Call, named: dict[str, ast.expr]) -> Iterator[tuple[int, Key]]:
    name = _last_name(call.func)
    texts = [found for argument in call.args for found in _texts(argument, named)]
    if name in COUNTING and len(texts) >= 2:
        yield call.lineno, (texts[-2][1], texts[-1][1])
    elif name in TRANSLATING:
        yield from texts
    elif name in SHOWN:
        yield from (found for found in texts if _SENTENCE.match(found[1]))
    for keyword in call.keywords:
        if keyword.arg in GIVEN_FOR_LATER:
            given = _texts(keyword.value, named)
            yield from (found for found in given if _SENTENCE.match(found[1]))


def _last_name(node: ast.expr) -> str:
    """`problems` of `problems` and of `answers.problems`."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _in_problem_function(node: ast.FunctionDef, named: dict[str, ast.expr]) -> Iterator[tuple[int, Key]]:
    """Whatever sentence a function such as `_shape_problems` may give back."""
    for statement in node.body[1:] if ast.get_docstring(node) else node.body:
        for part in ast.walk(statement):
            if isinstance(part, ast.Constant | ast.Name):
                yield from (found for found in _texts(part, named) if _SENTENCE.match(found[1]))


def _in_problems(node: ast.Assign, named: dict[str, ast.expr]) -> Iterator[tuple[int, Key]]:
    """`problems["field"] = "Sentence"`: what is collected before an error is raised."""
    for target in node.targets:
        if isinstance(target, ast.Subscript) and _last_name(target.value) == "problems":
            yield from _texts(node.value, named)


def _texts(node: ast.expr, named: dict[str, ast.expr]) -> Iterator[tuple[int, str]]:
    """The literals that the expression may come to."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.lineno, node.value
        return
    parts: list[ast.expr] = []
    if isinstance(node, ast.IfExp):
        parts = [node.body, node.orelse]
    elif isinstance(node, ast.Dict):
        parts = node.values
    elif isinstance(node, ast.Subscript):
        parts = [node.value]
    elif isinstance(node, ast.Name) and node.id in named:
        yield from _texts(named[node.id], {})
    for part in parts:
        yield from _texts(part, named)


# ---- catalogues ------------------------------------------------------------


def catalogue_path(language: str, root: Path = ROOT) -> Path:
    """Where a language's translations lie."""
    return root / "scheduler" / "translations" / language / "LC_MESSAGES" / "messages.po"


def read(language: str, root: Path = ROOT) -> Catalog:
    """The catalogue of a language; an empty one where there is none yet."""
    path = catalogue_path(language, root)
    if not path.exists():
        return Catalog(locale=language, project="Calm Scheduler", charset="utf-8", fuzzy=False)
    with path.open("rb") as source:
        return read_po(source, locale=language)


def problems(language: str, root: Path = ROOT) -> list[str]:
    """What is wrong with a language, one line each: missing, unused, fuzzy, other placeholders."""
    catalogue, wanted = read(language, root), keys(root)
    found = []
    for key, places in wanted.items():
        message = catalogue.get(key[0] if isinstance(key, tuple) else key)
        texts = _strings(message.string) if message else []
        where = ":".join(map(str, places[0]))
        if not texts or not all(texts):
            found.append(f"missing  {key!r} ({where})")
        elif message and message.fuzzy:
            found.append(f"fuzzy    {key!r} ({where})")
        elif any(_differs(key, text) for text in texts):
            found.append(f"differs  {key!r} ({where}): other placeholders")
    unused = {message.id for message in catalogue if message.id} - set(wanted)
    return found + [f"unused   {key!r}" for key in sorted(unused, key=str)]


def update(language: str, root: Path = ROOT) -> None:
    """Write the catalogue anew: every key in use with its translation, if it has one; no others."""
    before, after = read(language, root), Catalog(locale=language, project="Calm Scheduler", fuzzy=False)
    for key, places in keys(root).items():
        known = before.get(key[0] if isinstance(key, tuple) else key)
        kept = known.string if known and isinstance(known.id, tuple) == isinstance(key, tuple) else None
        files = sorted({file for file, _ in places})
        after.add(key, kept, locations=[(file, 1) for file in files], flags=_flags(key))
    after.revision_date = after.creation_date = before.creation_date
    path = catalogue_path(language, root)
    path.parent.mkdir(parents=True, exist_ok=True)
    binary = BytesIO()
    write_po(binary, after, width=100, omit_header=False, sort_output=True, include_lineno=False)
    path.write_bytes(_without_noise(binary.getvalue()))


def _strings(string: str | Iterable[str] | None) -> list[str]:
    return [string] if isinstance(string, str) else list(string or ())


def _flags(key: Key) -> set[str]:
    texts = key if isinstance(key, tuple) else (key,)
    return {"python-format"} if any(_PLACEHOLDER.search(text) for text in texts) else set()


def _differs(key: Key, text: str) -> bool:
    """Whether a translation names other values than its key; a singular may leave its number out."""
    wanted = set(_PLACEHOLDER.findall(key[1] if isinstance(key, tuple) else key))
    given = set(_PLACEHOLDER.findall(text))
    return given != wanted and not (isinstance(key, tuple) and given == wanted - {"num"})


def _without_noise(content: bytes) -> bytes:
    """Without header lines that name nobody or change at each writing, so that branches merge."""
    return _HEADER_LINES.sub(b"", content)


def main(arguments: list[str]) -> int:
    """The command line; returns the exit code."""
    if arguments == ["update"]:
        for language in LANGUAGES:
            update(language)
    elif arguments:
        print(__doc__)
        return 2
    found = [f"{language}: {line}" for language in LANGUAGES for line in problems(language)]
    print("\n".join(found) or "Every message has its translation.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
