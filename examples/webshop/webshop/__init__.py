"""The project: settings, addresses, and the worker's application."""

from webshop.worker import app as celery_app

__all__ = ["celery_app"]
