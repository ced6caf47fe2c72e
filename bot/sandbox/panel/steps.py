"""The panel's own time: a count of steps that orders, cancels and refills move by."""

from collections.abc import Callable

Clock = Callable[[], float]  # unix seconds


class Steps:
    """Counts steps from a clock, from hands, or both; never goes back unless the clock does."""

    def __init__(self, clock: Clock, seconds_per_step: float | None) -> None:
        self.clock = clock
        self.seconds_per_step = seconds_per_step
        #: steps made until `since`
        self.made = 0
        #: unix seconds
        self.since = clock()

    def at(self, moment: float) -> int:
        """Steps made at a moment in unix seconds; the speed in force now is taken for the whole time."""
        if self.seconds_per_step is None:
            return self.made
        return self.made + max(0, int((moment - self.since) / self.seconds_per_step))

    def now(self) -> int:
        """Steps made so far."""
        return self.at(self.clock())

    def make(self, count: int = 1) -> None:
        """Makes steps by hand."""
        self.made += count

    def set_speed(self, seconds_per_step: float | None) -> None:
        """Changes the length of a step; steps already made stay made."""
        now = self.clock()
        self.made, self.since = self.at(now), now
        self.seconds_per_step = seconds_per_step
