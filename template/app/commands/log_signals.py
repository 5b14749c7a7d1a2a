"""Another level of the log without a restart, which would end what somebody wants to look at."""

import asyncio
import signal
from collections.abc import Callable

from loguru import logger

from app.core.config import Settings
from app.core.logging import set_level

DEBUG, AS_SET = signal.SIGUSR1, signal.SIGUSR2


def follow_log_signals(
    settings: Settings, hand_on: Callable[[signal.Signals], None] = lambda _: None
) -> None:
    """Lets SIGUSR1 set DEBUG and SIGUSR2 set LOG_LEVEL, in this process and where they are handed on."""

    def follow(number: signal.Signals) -> None:
        level = "DEBUG" if number is DEBUG else settings.log_level
        # Libraries write down at DEBUG what clients send.
        set_level(level, of_libraries=settings.log_level if settings.is_production else level)
        logger.bind(log_level=level).warning("log level set by a signal")
        hand_on(number)

    loop = asyncio.get_running_loop()
    # Each says what it wants, and not "the other one": a worker may have started in between.
    for number in (DEBUG, AS_SET):
        loop.add_signal_handler(number, follow, number)
