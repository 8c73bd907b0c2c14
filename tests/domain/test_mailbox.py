"""The ASCII spelling of a mail address."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.mailbox import ascii_address


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("vera@demo.example", "vera@demo.example"),
        ("Vera.V+x@Demo.example", "Vera.V+x@Demo.example"),
        ("cora@praxis-müller.example", "cora@xn--praxis-mller-klb.example"),
        ("cora@MÜLLER.example", "cora@xn--mller-kva.example"),
        ("ada@cliniqué.québec", "ada@xn--cliniqu-hya.xn--qubec-csa"),
        ("vera@localhost", "vera@localhost"),
    ],
)
def test_a_domain_is_written_in_ascii(typed: str, written: str) -> None:
    assert ascii_address(typed) == written


def test_a_sharp_s_is_not_another_domain() -> None:
    assert ascii_address("vera@straße.example") == "vera@xn--strae-oqa.example"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "vera",
        "@demo.example",
        "vera@",
        "vera@demo..example",
        "vera@-demo.example",
        "vera@demo.example\r\nBcc: x@x.example",
        "vera@demo.example, x@x.example",
        "Vera <vera@demo.example>",
        '"vera x"@demo.example',
        "véra@demo.example",
        "vera@de mo.example",
        "vera@de\u2028mo.example",
        "vera@😀.example",
        "a" * 65 + "@demo.example",
        "vera@" + "a." * 130 + "example",
        "vera@[127.0.0.1]",
    ],
)
def test_anything_but_a_bare_mailbox_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="not a plain mail address"):
        ascii_address(bad)


@settings(deadline=None)
@given(st.text())
def test_no_text_leads_to_an_address_that_could_break_a_header(text: str) -> None:
    try:
        written = ascii_address(text)
    except ValueError:
        return
    assert written.isascii()
    assert written.isprintable()
    assert not set(written) & set(' <>,;:"()[]\\')
    assert written.count("@") == 1
