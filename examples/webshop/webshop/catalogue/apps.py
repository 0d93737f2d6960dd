"""How Django knows this application."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """The catalogue."""

    name = "webshop.catalogue"
