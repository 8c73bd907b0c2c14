"""People of a practice who sign in through the pages, as a browser without script would."""

import re

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.environment import PASSWORD

ADA, BEN, OWNER = "ada@demo.example", "ben@demo.example", "owner@demo.example"
CORA = "cora@other.example"
SIGN_IN, SIGN_OUT = "/practice/sign-in", "/practice/sign-out"


def form_token(page: str) -> str:
    """The token in the page's form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page
    return found.group(1)


def fill_in(client: FlaskClient, email: str, password: str, **more: str) -> TestResponse:
    """Open the sign-in page, fill in the form and send it."""
    token = form_token(client.get(SIGN_IN).text)
    return client.post(SIGN_IN, data={"email": email, "password": password, "csrf_token": token, **more})


def signed_in(app: Flask, email: str, password: str = PASSWORD) -> FlaskClient:
    """A browser in which this person is signed in."""
    client = app.test_client()
    answer = fill_in(client, email, password)
    assert (answer.status_code, answer.headers.get("Location")) == (302, "/practice/"), answer.text
    return client


def staff_token(client: FlaskClient) -> str:
    """A form token of the session, taken from the page that asks for the password."""
    return form_token(client.get("/practice/confirm").text)
