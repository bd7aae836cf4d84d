"""All pages of the program, by router."""

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
    numbers,
    paper,
    participation,
    patient_log,
    patient_page,
    purpose,
    quality,
    ratings,
    releases,
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


def include_all(app: FastAPI) -> None:
    """Add every page to the program."""
    # First, since it is looked for in this order and all tablets wait for it; only the corner
    # stands before it, whose "trial" stands where visits have an identifier.
    app.include_router(kiosk_corner.router)
    app.include_router(kiosk_ratings.router)
    app.include_router(sign_in.router)
    app.include_router(account.router)
    app.include_router(admin.router)
    app.include_router(staff.router)
    app.include_router(worklist.router)
    app.include_router(reviews.router)
    app.include_router(supervision.router)
    app.include_router(quality.router)
    app.include_router(rules.router)
    # Before one release: "new" stands where it has an identifier.
    app.include_router(new_release.router)
    app.include_router(releases.router)
    # Before the pages of a patient: "new" stands where they have an identifier.
    app.include_router(enrolment.router)
    app.include_router(courses.router)
    app.include_router(patient_page.router)
    app.include_router(patient_log.router)
    app.include_router(participation.router)
    app.include_router(sessions.router)
    app.include_router(paper.router)
    app.include_router(ratings.router)
    app.include_router(corrections.router)
    app.include_router(kiosk.router)
    app.include_router(tablets.router)
    app.include_router(visits.router)
    app.include_router(live.router)
    app.include_router(calibration.router)
    app.include_router(numbers.router)
    app.include_router(purpose.router)
