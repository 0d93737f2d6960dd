"""`python -m ungil` is `ungil`."""

from ungil.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
