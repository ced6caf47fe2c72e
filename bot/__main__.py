"""`python -m bot` is `panelgram`."""

from bot.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
