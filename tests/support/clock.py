"""The time of a test, which stands still unless the test moves it."""

import datetime as dt
from dataclasses import dataclass

MONDAY = dt.datetime(2026, 11, 16, 9, 0, tzinfo=dt.UTC)
"""When the tests begin: a Monday at ten in Oslo."""


@dataclass(slots=True)
class Clock:
    """The time, which tests move."""

    now: dt.datetime = MONDAY

    def __call__(self) -> dt.datetime:
        return self.now

    def pass_time(self, **units: float) -> None:
        """Let time pass: ``clock.pass_time(days=7)``."""
        self.now += dt.timedelta(**units)
