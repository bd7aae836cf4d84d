"""All pages of the program, by router."""

from typing import Final

from fastapi import FastAPI

from app.web import (
    account,
    admin,
    calibration,
    corrections,
    courses,
    enrolment,
    kiosk,
    kiosk_corner,
    kiosk_ratings,
    live,
    new_release,
    new_research,
    numbers,
    over_time,
    own_figures,
    paper,
    participation,
    patient_log,
    patient_page,
    purpose,
    quality,
    ratings,
    releases,
    research,
    reviews,
    rules,
    sessions,
    sign_in,
    staff,
    supervision,
    tablets,
    visits,
    worklist,
)

ROUTERS: Final = (
    # First, since it is looked for in this order and all tablets wait for it; only the corner
    # stands before it, whose "trial" stands where visits have an identifier.
    kiosk_corner.router,
    kiosk_ratings.router,
    sign_in.router,
    account.router,
    admin.router,
    staff.router,
    worklist.router,
    reviews.router,
    own_figures.router,
    supervision.router,
    quality.router,
    rules.router,
    # Before one export and one release: "new", "research" and "over-time" stand where they have
    # an identifier.
    new_research.router,
    research.router,
    new_release.router,
    over_time.router,
    releases.router,
    # Before the pages of a patient: "new" stands where they have an identifier.
    enrolment.router,
    courses.router,
    patient_page.router,
    patient_log.router,
    participation.router,
    sessions.router,
    paper.router,
    ratings.router,
    corrections.router,
    kiosk.router,
    tablets.router,
    visits.router,
    live.router,
    calibration.router,
    numbers.router,
    purpose.router,
)
"""In the order in which the program looks for the one that is meant."""


def include_all(app: FastAPI) -> None:
    """Add every page to the program."""
    for router in ROUTERS:
        app.include_router(router)
