"""Age bands in which patients are told apart, and nothing finer."""

AGE_BANDS = ((6, 12), (13, 17), (18, 29), (30, 49), (50, 66), (67, None))
"""Youngest and oldest age in years, as on the first day of the episode."""

AgeBand = tuple[int, int | None]


def age_band(years: int | None) -> AgeBand | None:
    """Return the band of an age; ``None`` for one that is not known, or below the youngest."""
    if years is None:
        return None
    return next(
        (
            (youngest, oldest)
            for youngest, oldest in AGE_BANDS
            if years >= youngest and (oldest is None or years <= oldest)
        ),
        None,
    )
