"""The real things that tests run against: databases, mail servers, processes, a browser, calendars."""
