"""Share rows for research: one person asks, another one agrees, and nobody does both.

What is asked for is a form and whole calendar years. What is agreed to is made at that moment,
under new random names, and stands from then on. The courses of a form leave once: from two
exports of the same courses, which their scores would join, more could be told than from one.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from app.clinical import disclosure, research_rows
from app.clinical.instruments import Purpose
from app.clinical.research_rows import LEAST_K, ResearchDefinition
from app.instruments import Registry
from app.records import audit, research_exports
from app.records.base import DbSession, new_id
from app.records.encryption import seal
from app.records.research_exports import (
    ResearchRequest,
    ResearchState,
    ResearchStep,
)
from app.records.visibility import Viewer
from app.workflow import access, prove_anew, settle
from app.workflow.access import NotThereError, Role
from app.workflow.agree import local_day
from app.workflow.de_identify import Made, de_identify
from app.workflow.refusals import Conflict, Refusal
from app.workflow.release import FIRST_YEAR
from app.workflow.sign import QUALITY
from app.workflow.sign_in import OpenSignIn
from app.workflow.withdraw import LONGEST_REASON

EXPIRES_AFTER = dt.timedelta(days=14)
"""A request that nobody has agreed to by then must be made anew. A choice: long enough for a
colleague's holiday week, short enough for who asked to still know why."""

LONGEST_PROJECT = 200
"""Characters."""

PROJECT, GROUND = "research_request.project", "research_request.ground"
REASON, WRITTEN = "research_step.reason", "research_content.written"
"""Where sealed texts stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asks for.

    Attributes
    ----------
    ground
        On what legal ground, in their own words.
    is_confirmed
        They have said that the organization has that ground.
    """

    instrument: str
    first_year: int
    last_year: int
    has_teams: bool
    project: str
    ground: str = field(repr=False)
    is_confirmed: bool


def ask_to_share(
    db: DbSession, here: OpenSignIn, *, wanted: Wanted, registry: Registry, now: dt.datetime
) -> uuid.UUID:
    """Ask for an export, as the first person; nothing is made that could leave."""
    viewer = here.viewer
    access.check_role(viewer, Role.QUALITY_LEAD)
    audit.take_turn(db)
    prove_anew.check_fresh(db, here, now=now)
    _check_wanted(wanted, registry=registry, now=now)
    _check_leaves_once(db, viewer, wanted, now=now)
    definition = ResearchDefinition(
        version=research_rows.VERSION,
        instrument=wanted.instrument,
        edition=registry.get(wanted.instrument).version,
        first_year=wanted.first_year,
        last_year=wanted.last_year,
        k=least_alike(db, viewer),
        has_teams=wanted.has_teams,
    )
    made = de_identify(db, definition, org_id=viewer.org_id)
    check_may_leave(made, definition)
    row_id = new_id()
    sequence = audit.append(
        db,
        access.event_of(
            viewer,
            "asked_for_research",
            now=now,
            ground=QUALITY,
            export=row_id.hex,
            **asdict(definition),
        ),
    )
    research_exports.add(
        db,
        ResearchRequest(
            org_id=viewer.org_id,
            id=row_id,
            **asdict(definition),
            project_sealed=seal(db, wanted.project.strip(), column=PROJECT, row_id=row_id),
            ground_sealed=seal(db, wanted.ground.strip(), column=GROUND, row_id=row_id),
            counts=asdict(made.counts),
            asked_at=now,
            asked_by=viewer.staff_id,
            expires_at=now + EXPIRES_AFTER,
            sequence=sequence,
        ),
    )
    add_step(db, viewer, row_id, ResearchState.ASKED, sequence=sequence, now=now)
    return row_id


def check_may_leave(made: Made, definition: ResearchDefinition) -> None:
    """Raise ``Conflict`` if nobody is in an export, or one or two therapists' patients are."""
    if not made.rows.people:
        raise Conflict("research_nobody", value=str(definition.k))
    if made.rows.is_of_one_therapist:
        raise Conflict("research_one_therapist")


def stop_sharing(
    db: DbSession, here: OpenSignIn, *, request_id: uuid.UUID, reason: str, now: dt.datetime
) -> None:
    """Withdraw a request, or an export, with the reason; files that are out stay out."""
    viewer = here.viewer
    access.check_role(viewer, Role.QUALITY_LEAD)
    audit.take_turn(db)
    row = of_id(db, viewer, request_id)
    prove_anew.check_fresh(db, here, now=now)
    if state_of(db, row) not in {ResearchState.ASKED, ResearchState.APPROVED}:
        raise Conflict("research_is_over")
    end(db, viewer, row, ResearchState.WITHDRAWN, reason=reason, now=now)


def least_alike(db: DbSession, viewer: Viewer) -> int:
    """Return how many patients must share what is told of them: the site's threshold, at least 5.

    A site that lets fewer than five stand behind a number may not for rows about single patients.
    """
    return max(settle.wishes_of(db, viewer).threshold, LEAST_K, disclosure.DEFAULT_THRESHOLD)


def of_id(db: DbSession, viewer: Viewer, request_id: uuid.UUID) -> ResearchRequest:
    """Return what was asked for in the viewer's organization."""
    row = research_exports.of_id(db, org_id=viewer.org_id, request_id=request_id)
    if row is None:
        raise NotThereError
    return row


def state_of(db: DbSession, row: ResearchRequest) -> ResearchState:
    """Return where an export stands; to take it out changes nothing about that."""
    steps = research_exports.steps_of(db, org_id=row.org_id, request_ids=[row.id])[row.id]
    return standing(steps)


def standing(steps: Sequence[ResearchStep]) -> ResearchState:
    """Return where an export stands by what was done with it."""
    return [one.state for one in steps if one.state is not ResearchState.TAKEN_OUT][-1]


def has_expired(row: ResearchRequest, state: ResearchState, *, now: dt.datetime) -> bool:
    """Whether nobody has agreed in time."""
    return state is ResearchState.ASKED and now >= row.expires_at


def add_step(
    db: DbSession,
    viewer: Viewer,
    request_id: uuid.UUID,
    state: ResearchState,
    *,
    sequence: int,
    now: dt.datetime,
    form: str | None = None,
    reason: str | None = None,
) -> None:
    """Keep what was done, beside its entry in the log."""
    step_id = new_id()
    research_exports.add(
        db,
        ResearchStep(
            org_id=viewer.org_id,
            id=step_id,
            request_id=request_id,
            state=state,
            form=form,
            done_at=now,
            done_by=viewer.staff_id,
            reason_sealed=seal(db, reason, column=REASON, row_id=step_id) if reason else None,
            sequence=sequence,
        ),
    )


def _check_wanted(wanted: Wanted, *, registry: Registry, now: dt.datetime) -> None:
    found = registry.instruments.get(wanted.instrument)
    if found is None or found.purpose is not Purpose.OUTCOME:
        raise Refusal("report_instrument", value=wanted.instrument)
    last_whole = local_day(now).year - 1
    if not FIRST_YEAR <= wanted.first_year <= wanted.last_year <= last_whole:
        value = f"{wanted.first_year}–{wanted.last_year}"
        raise Refusal("research_years", value=value, allowed=f"{FIRST_YEAR}–{last_whole}")
    for text, word, most in (
        (wanted.project, "research_project", LONGEST_PROJECT),
        (wanted.ground, "research_ground", LONGEST_REASON),
    ):
        # A name of signs that nobody sees would be a link that nobody finds.
        seen = any(sign.isprintable() and not sign.isspace() for sign in text)
        if not seen or len(text.strip()) > most:
            raise Refusal(word, value=str(len(text.strip()) if seen else 0), allowed=str(most))
    if not wanted.is_confirmed:
        raise Refusal("research_confirm")


def _check_leaves_once(db: DbSession, viewer: Viewer, wanted: Wanted, *, now: dt.datetime) -> None:
    for row, steps in overlapping(
        db,
        viewer,
        instrument=wanted.instrument,
        years=(wanted.first_year, wanted.last_year),
    ):
        state = standing(steps)
        waits = state is ResearchState.ASKED and not has_expired(row, state, now=now)
        if waits or is_out(steps):
            word = "research_asked_already" if waits else "research_out_already"
            raise Conflict(word, value=years_of(row))


def years_of(row: ResearchRequest) -> str:
    """Return the calendar years in which the courses of an export ended."""
    first, last = row.first_year, row.last_year
    return str(first) if first == last else f"{first}–{last}"


def is_out(steps: Sequence[ResearchStep]) -> bool:
    """Whether an export can be taken out, or has been: what was once, is for ever."""
    taken = any(one.state is ResearchState.TAKEN_OUT for one in steps)
    return taken or standing(steps) is ResearchState.APPROVED


def overlapping(
    db: DbSession, viewer: Viewer, *, instrument: str, years: tuple[int, int]
) -> Sequence[tuple[ResearchRequest, Sequence[ResearchStep]]]:
    """Return all that was asked for about a form in any of some years, with what was done."""
    rows = research_exports.overlapping(
        db,
        org_id=viewer.org_id,
        instrument=instrument,
        first_year=years[0],
        last_year=years[1],
    )
    steps = research_exports.steps_of(
        db, org_id=viewer.org_id, request_ids=[row.id for row in rows]
    )
    return [(row, steps[row.id]) for row in rows]


def end(
    db: DbSession,
    viewer: Viewer,
    row: ResearchRequest,
    state: ResearchState,
    *,
    reason: str,
    now: dt.datetime,
) -> None:
    """Say no to an export, or take it back, with the reason."""
    why = reason.strip()
    if not why:
        raise Refusal("reason_missing")
    if len(why) > LONGEST_REASON:
        raise Refusal("reason_too_long", value=str(len(why)), allowed=str(LONGEST_REASON))
    action = "declined_research" if state is ResearchState.REJECTED else "withdrew_research"
    event = access.event_of(viewer, action, now=now, ground=QUALITY, export=row.id.hex)
    sequence = audit.append(db, event)
    add_step(db, viewer, row.id, state, sequence=sequence, now=now, reason=why)
