"""Settings; what differs between machines comes from the environment."""

import logging
import os

ALLOWED_HOSTS = os.environ.get("FEEDS_HOSTS", "localhost,127.0.0.1").split(",")
ROOT_URLCONF = "feeds"
USE_TZ = True
# Django sets it for the process, and its default is that of Chicago.
TIME_ZONE = "UTC"

FEEDS_PARSER = os.environ.get("FEEDS_PARSER", "xml.etree.ElementTree")
"""The module that parses feeds; `lxml.etree` is faster, and has the same functions."""

FEEDS_ON_GIL = os.environ.get("FEEDS_ON_GIL", "fail")
"""`fail` or `warn`; see wsgi.py."""

# Django's own default shows errors of requests only where DEBUG is on.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
# `warn` issues a Python warning. This makes it a record of the logger `py.warnings`.
logging.captureWarnings(capture=True)
