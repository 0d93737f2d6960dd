"""The one place that knows ungil's version."""

__version__ = "0.1.0"
