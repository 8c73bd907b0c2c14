"""A visitor without script: reads the page, follows its links, presses its buttons."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

VOID = {"input", "link", "meta", "br", "hr", "circle", "path", "rect"}


@dataclass
class Form:
    """A form of the page: its fields as they stand, and its buttons as (name, value, text)."""

    action: str
    method: str
    identity: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """What a page says and offers."""

    def __init__(self, answer: TestResponse) -> None:
        super().__init__()
        self.status = answer.status_code
        self.headers = answer.headers
        self.source = answer.text
        self.address = answer.request.full_path.rstrip("?")
        self.title = ""
        self.words: list[str] = []
        self.links: dict[str, str] = {}
        self.next_month = ""
        self.headings: list[str] = []
        self.forms: list[Form] = []
        self._stack: list[tuple[str, dict[str, str]]] = []
        self._form: Form | None = None
        self._text: list[str] = []
        self._loose: list[tuple[str, tuple[str, str, str]]] = []
        self.feed(self.source)
        for identity, button in self._loose:
            next(form for form in self.forms if form.identity == identity).buttons.append(button)

    @property
    def text(self) -> str:
        """All that can be read, spaces joined."""
        return " ".join(" ".join(self.words).split())

    def form_with(self, name: str) -> Form:
        """The form that has a field or button of this name."""
        return next(
            form
            for form in self.forms
            if name in form.fields or any(button[0] == name for button in form.buttons)
        )

    def starts(self) -> list[str]:
        """The values of all times that can be pressed or chosen."""
        return [value for form in self.forms for name, value, _ in form.buttons if name == "start"]

    def days(self) -> list[str]:
        """The days that can be pressed."""
        return [value for form in self.forms for name, value, _ in form.buttons if name == "day"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._stack.append((tag, given))
            if tag in ("a", "button", "h1", "h2", "title", "textarea"):
                self._text = []
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get"), given.get("id", ""))
            self.forms.append(self._form)
        if tag == "input" and self._form is not None:
            self._input(self._form, given)

    def _input(self, form: Form, given: dict[str, str]) -> None:
        kind, name = given.get("type", "text"), given.get("name", "")
        if kind == "radio" and name == "start":
            form.buttons.append((name, given["value"], ""))
        elif kind not in ("radio", "checkbox") or "checked" in given:
            form.fields[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if any(tag == "script" for tag, _ in self._stack):
            return
        self._text.append(data)
        if not any(tag == "title" for tag, _ in self._stack):
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        opened, given = self._stack.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"
        text = " ".join("".join(self._text).split())
        if tag == "a":
            self.links[text or given.get("aria-label", "")] = given["href"]
            if given.get("rel") == "next":
                self.next_month = given["href"]
        elif tag in ("h1", "h2"):
            self.headings.append(text)
        elif tag == "title":
            self.title = text
        elif tag == "form":
            self._form = None
        elif tag == "textarea" and self._form is not None:
            self._form.fields[given["name"]] = "".join(self._text)
        elif tag == "button":
            self._button(given, text)

    def _button(self, given: dict[str, str], text: str) -> None:
        button = (given.get("name", ""), given.get("value", ""), given.get("aria-label", text))
        if "form" in given:
            self._loose.append((given["form"], button))
        elif self._form is not None:
            self._form.buttons.append(button)


@dataclass
class Visitor:
    """Vera, page after page; `page` is the one she is looking at."""

    client: FlaskClient
    page: Page = field(init=False)

    def open(self, address: str, **headers: str) -> Page:
        """Go to an address."""
        self.page = Page(self.client.get(address, headers=headers))
        return self.page

    def follow(self, words: str) -> Page:
        """Press the link with these words."""
        return self.open(self.page.links[words])

    def send(self, form: Form, **changed: str) -> Page:
        """Send a form as a browser would, with some fields typed or a button pressed; follows the answer."""
        fields = {**form.fields, **changed}
        if form.method == "get":
            return self.open(f"{urlsplit(form.action).path}?{urlencode(fields)}")
        answer = self.client.post(form.action or self.page.address, data=fields)
        if answer.status_code == 303:
            return self.open(answer.headers["Location"])
        self.page = Page(answer)
        return self.page

    def press_day(self, day: str) -> Page:
        """Press a day of the month."""
        return self.send(self.page.form_with("day"), day=day)

    def press_later_day(self, number: int) -> Page:
        """Press the free day after so many; at the end of a month it is one of the next."""
        days = self.page.days()
        if len(days) <= number:
            days += self.open(self.page.next_month).days()
        return self.press_day(days[number])

    def press_time(self, start: str) -> Page:
        """Press a time."""
        return self.send(self.page.form_with("start"), start=start)

    def hold_first(self, kind: str = "consultation", query: str = "") -> Page:
        """Choose the last time of the first free day: far from every border."""
        self.open(f"/book/demo/{kind}{query}")
        self.press_day(self.page.days()[0])
        return self.press_time(self.page.starts()[-1])

    def fill(self, **answers: str) -> Page:
        """Fill the details in and press the button."""
        return self.send(self.page.form_with("email"), action="book", **answers)

    def book(self, kind: str = "consultation", query: str = "", **answers: str) -> Page:
        """The whole way."""
        self.hold_first(kind, query)
        return self.fill(
            **{"name": "Vera", "email": "vera@visitor.example", "phone": "514 555 0189", **answers}
        )
