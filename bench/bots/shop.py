"""The real shop as `panelgram run` starts it, but for one number: how many answers a chat may get at once.

The benchmark's customers tap the moment they see an answer. People do not, and the shop's manners towards Telegram
(five answers at once in one chat, then one a second) would be all that is measured. Notices keep their 25 a second.
"""

from __future__ import annotations

import os

from bot import cli, config, logs, running
from bot.transport.limits import Pace


def main() -> None:
    """Run until SIGTERM."""
    os.environ.setdefault("PTB_TIMEDELTA", "1")
    settings = config.load(None)
    logs.configure(settings.log_level, settings.log_format, settings.secrets())
    pace = Pace(answers_at_once=1_000_000)
    cli._until_stopped(lambda stop: running.run(settings, stop, pace))  # noqa: SLF001 - the very loop of `run`


if __name__ == "__main__":
    main()
