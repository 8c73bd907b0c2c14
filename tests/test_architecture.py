"""What every part of the program keeps to, whoever writes it: read off the files themselves."""

import ast
import re
import statistics
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.settings import Settings
from tests.support.environment import ROOT, settings

SOURCES = sorted((ROOT / "scheduler").rglob("*.py"))
MIGRATIONS = sorted((ROOT / "migrations").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
MAILS = ROOT / "templates" / "mail"
PAGES = [file for file in TEMPLATES if file.suffix == ".html" and MAILS not in file.parents]
STATIC = sorted(file for file in (ROOT / "scheduler" / "static").rglob("*") if file.suffix in (".js", ".css"))
STYLES = [file for file in STATIC if file.suffix == ".css"]
LOCKS = [ROOT / "requirements.txt", ROOT / "tools" / "requirements.txt"]
LOCKS += [ROOT / "tests" / "requirements.txt", ROOT / "tests" / "node" / "requirements.txt"]
SETTINGS = ("environment.py", "mail_settings.py", "settings.py")
OURS = [*SOURCES, *MIGRATIONS, *TEMPLATES, *STATIC, ROOT / "Makefile", ROOT / "pyproject.toml"]
OURS += sorted((ROOT / "tools").glob("*.py")) + sorted((ROOT / "bench").glob("*.py"))

CLOCKS = {
    ("time", "time"),
    ("time", "time_ns"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
}
PERSONAL = {"name", "email", "phone", "note", "answers", "address", "recipient", "token", "password"}
LOGGING = {"debug", "info", "warning", "error", "exception", "critical"}


def named(files: list[Path]) -> list[object]:
    return [pytest.param(file, id=str(file.relative_to(ROOT))) for file in files]


def lines_matching(pattern: str, files: list[Path], flags: int = 0) -> list[str]:
    """Places that match, as `path:line: text`."""
    wanted = re.compile(pattern, flags)
    found = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        for match in wanted.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{file.relative_to(ROOT)}:{line}: {match.group().strip()}")
    return found


def calls(file: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node


def names_in(node: ast.AST) -> set[str]:
    """Every variable and attribute that an expression reads."""
    read = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return read | {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}


def without_comments(text: str) -> str:
    """A template without what it says to people who read its source."""
    return re.sub(r"\{#.*?#\}|<!--.*?-->", "", text, flags=re.DOTALL)


def test_imports_point_downwards_and_libraries_stay_in_their_layer() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_the_wall_clock_is_read_in_one_module() -> None:
    readers = {
        str(file.relative_to(ROOT))
        for file in [*SOURCES, *MIGRATIONS]
        for call in calls(file)
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name | ast.Attribute)
        and (getattr(call.func.value, "attr", getattr(call.func.value, "id", "")), call.func.attr) in CLOCKS
    }
    assert readers == {"scheduler/clock.py"}


def roots_of_imports(folder: str) -> set[str]:
    """The packages that a layer imports, by their first name; for our own the layer too."""
    found: set[str] = set()
    for file in (ROOT / "scheduler" / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module or "")
    return {".".join(name.split(".")[: 2 if name.startswith("scheduler.") else 1]) for name in found}


def test_the_core_needs_the_standard_library_only() -> None:
    assert roots_of_imports("domain") - sys.stdlib_module_names - {"scheduler.domain"} == set()


def test_calendar_text_needs_the_core_and_calendar_libraries_only() -> None:
    allowed = {"dateutil", "icalendar", "recurring_ical_events", "scheduler.domain", "scheduler.ical"}
    assert roots_of_imports("ical") - sys.stdlib_module_names - allowed == set()


def test_nothing_is_imported_inside_a_function() -> None:
    hidden = [
        f"{file.relative_to(ROOT)}:{inner.lineno}"
        for file in SOURCES
        for outer in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_every_module_says_its_job_in_its_first_line() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in [*SOURCES, *MIGRATIONS]
        if not (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").strip()
    ]
    assert silent == []


def test_no_log_line_names_a_person() -> None:
    leaks = [
        f"{file.relative_to(ROOT)}:{call.lineno}: {', '.join(sorted(told))}"
        for file in SOURCES
        for call in calls(file)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in LOGGING
        and names_in(call.func.value) & {"log", "logger", "logging", "_log", "_logger", "LOG", "LOGGER"}
        and (told := {name for part in [*call.args, *call.keywords] for name in names_in(part)} & PERSONAL)
    ]
    assert leaks == []


def test_nothing_is_left_to_do_in_the_sources() -> None:
    assert lines_matching(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b.*", OURS) == []


def test_modules_have_names_that_say_something() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "data", "info"}
    assert [str(file) for file in SOURCES if file.stem in vague] == []


def references(text: str) -> set[str]:
    """Templates named in a template or a module, `*` standing for what is only known when it runs."""
    quoted = re.findall(r"""["']((?:[\w.{}-]+/)*[\w.{}-]+\.(?:html|txt|svg|xml|css|js))["']""", text)
    return {re.sub(r"\{[^}]*\}", "*", name) for name in quoted}


def is_named(template: Path, pattern: Path) -> bool:
    """Whether a pattern names a template, folder by folder; one that would name them all names none."""
    says_something = any(part != "*" for part in pattern.with_suffix("").parts)
    return says_something and len(template.parts) == len(pattern.parts) and template.match(str(pattern))


def test_every_template_is_used() -> None:
    wanted: set[str] = set()
    for file in [*SOURCES, *TEMPLATES]:
        wanted |= references(file.read_text(encoding="utf-8"))
    # Flask-Security asks for its pages by names of its own; mails come in triplets, found by their kind.
    unused = [
        name
        for file in TEMPLATES
        if not (name := file.relative_to(ROOT / "templates").as_posix()).startswith(("mail/", "security/"))
        and not any(is_named(Path(name), Path(pattern)) for pattern in wanted)
    ]
    assert unused == []


def test_every_kind_of_mail_has_a_subject_a_text_and_a_page() -> None:
    kinds = [file.parent for file in MAILS.glob("*/subject.txt")]
    incomplete = [
        folder.name
        for folder in kinds
        if {file.name for file in folder.iterdir()} < {"subject.txt", "body.txt", "body.html"}
    ]
    assert incomplete == []


@pytest.mark.parametrize("page", named(PAGES))
def test_a_page_has_no_script_or_style_of_its_own(page: Path) -> None:
    text = without_comments(page.read_text(encoding="utf-8"))
    own = r"<style\b[^>]*>|<[^>]*\s(?:style|on[a-z]+)\s*=|href\s*=\s*[\"']javascript:"
    inline = re.findall(own, text, re.IGNORECASE)
    # A script element may carry an address or data, never a program.
    inline += [
        opening
        for opening in re.findall(r"<script\b[^>]*>", text, re.IGNORECASE)
        if "src=" not in opening and "application/" not in opening and "importmap" not in opening
    ]
    assert inline == []


def test_nothing_is_declared_safe_by_hand() -> None:
    escapes = lines_matching(r"\|\s*safe\b|\{%-?\s*autoescape\s+false", TEMPLATES)
    escapes += lines_matching(r"(?<![\w.])Markup\(|\|\s*safe\b|render_template_string\(", SOURCES)
    assert escapes == []


def test_every_link_that_leaves_opens_without_telling_where_from() -> None:
    openers = lines_matching(r"<a\b[^>]*target=[\"']_blank[\"'][^>]*>", PAGES, re.IGNORECASE)
    assert [place for place in openers if "noopener" not in place] == []


def test_nothing_is_loaded_from_other_sites() -> None:
    loads = r"<(?:script|img|link|iframe|source)\b[^>]*\b(?:src|href)\s*=\s*[\"']?(?:https?:)?//[^>]*>"
    foreign = lines_matching(loads, PAGES, re.IGNORECASE)
    foreign += lines_matching(r"@import[^;]*|url\(\s*[\"']?(?:https?:)?//[^)]*", STYLES)
    assert foreign == []


def known_settings() -> set[str]:
    """The names that the program reads, off the modules that refuse all others."""
    trees = [ast.parse((ROOT / "scheduler" / name).read_text(encoding="utf-8")) for name in SETTINGS]
    strings = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    names = {text for text in strings if isinstance(text, str)}
    ours = r"(?:SCHEDULER|MAIL)_[A-Z_]+[A-Z]|DATABASE_URL|SECRET_KEY|REDIS_URL"
    return {name for name in names if re.fullmatch(ours, name)}


@pytest.mark.skipif(not (ROOT / "README.md").exists(), reason="there is no README")
def test_every_setting_is_documented() -> None:
    assert "SCHEDULER_PUBLIC_URL" in known_settings()
    documented = set(re.findall(r"`([A-Z][A-Z_]+[A-Z])", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert sorted(known_settings() - documented) == []
    assert sorted(name for name in documented - known_settings() if name.startswith("SCHEDULER_")) == []


def test_a_setting_nobody_knows_stops_the_start() -> None:
    with pytest.raises(Exception, match="SCHEDULER_PUBLIC_ULR"):
        Settings.from_environment(settings("sqlite://", SCHEDULER_PUBLIC_ULR="http://localhost"))


@pytest.mark.parametrize("lock", named(LOCKS))
def test_a_lock_pins_by_content_and_names_no_place(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z][\w.-]*==\S+.*\\\n(?:    --hash=sha256:[0-9a-f]{64}.*\n)+", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[a-z]", text, re.MULTILINE)) > 0
    assert lines_matching(r"https?:|file:|--(?:extra-)?index-url|--find-links|\bresolved\b", [lock]) == []


def test_the_javascript_lock_names_no_place() -> None:
    assert lines_matching(r"resolved|https?:", [ROOT / "tests" / "node" / "package-lock.json"]) == []


def lengths_of_functions() -> dict[str, int]:
    """Lines of each function, by `path:name`."""
    return {
        f"{file.relative_to(ROOT)}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def longer_than(limit: int, lengths: dict[str, int]) -> list[str]:
    ordered = sorted(((lines, name) for name, lines in lengths.items() if lines > limit), reverse=True)
    return [f"  {lines:4} {name}" for lines, name in ordered]


def test_lengths_are_told_as_advice(capsys: pytest.CaptureFixture[str]) -> None:
    modules = {str(file.relative_to(ROOT)): lines_of(file) for file in SOURCES}
    functions = lengths_of_functions()
    ratio = sum(map(lines_of, (ROOT / "tests").rglob("test_*.py"))) / sum(modules.values())
    report = [
        f"{len(modules)} modules, {sum(modules.values())} lines, {ratio:.1f} lines of test for each",
        f"median module {statistics.median(modules.values()):.0f}, longer than 250:",
        *longer_than(250, modules),
        f"median function {statistics.median(functions.values()):.0f}, longer than 40:",
        *longer_than(40, functions),
    ]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(report) + "\n")
    assert lines_of(ROOT / "scheduler" / "clock.py") == modules["scheduler/clock.py"] > 1


def lines_of(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def test_a_suppressed_check_names_the_check_and_says_why() -> None:
    """`# noqa: S603 - why`, `# type: ignore[misc]  # why`."""
    silence = re.compile(r"#\s*(?:noqa|nosec|pragma|type:\s*ignore)\b")
    explained = re.compile(r"# noqa: [A-Z0-9, ]+ ?-+ \w|# type: ignore\[[a-z, -]+\]  # \w")
    bare = []
    for file in [*SOURCES, *MIGRATIONS, *(ROOT / "tools").rglob("*.py")]:
        with file.open("rb") as source:
            comments = [part for part in tokenize.tokenize(source.readline) if part.type == tokenize.COMMENT]
        bare += [
            f"{file.relative_to(ROOT)}:{token.start[0]}"
            for token in comments
            if silence.search(token.string) and not explained.search(token.string)
        ]
    assert bare == []
