"""Programs for people who work on the project; nothing in here is part of the application."""
