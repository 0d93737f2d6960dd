"""The native core: an optional extension; see `core.c`."""
