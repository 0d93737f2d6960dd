"""Settings; everything that differs between machines comes from the environment."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = os.environ.get("WEBSHOP_SECRET_KEY", "only-for-a-developer's-machine")
DEBUG = os.environ.get("WEBSHOP_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("WEBSHOP_HOSTS", "localhost").split(",")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "webshop.catalogue",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
ROOT_URLCONF = "webshop.urls"
WSGI_APPLICATION = "webshop.wsgi.application"

if "WEBSHOP_DATABASE" in os.environ:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["WEBSHOP_DATABASE"],
            "OPTIONS": {"pool": True},
        }
    }
else:
    DATABASES = {
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "webshop.sqlite3"}
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
MEDIA_ROOT = BASE_DIR / "media"
MEDIA_URL = "media/"

RECEIPT_KEY = os.environ.get("WEBSHOP_RECEIPT_KEY", "0" * 64)
"""The seed of the key that signs receipts: 32 bytes, in hexadecimal."""

CELERY_BROKER_URL = os.environ.get("WEBSHOP_REDIS", "redis://localhost:6379/0")
# Threads instead of processes: this is what a free-threaded build is for.
CELERY_WORKER_POOL = "threads"
