"""Calendar feeds: GET and HEAD of `/feeds/{token}.ics`."""

from flask import Blueprint

blueprint = Blueprint("feeds", __name__)
