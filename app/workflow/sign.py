"""Sign a release: from then on it is out, and every later one is checked against it."""

import datetime as dt
import uuid
from collections.abc import Sequence

from app.clinical import disclosure, written_report
from app.clinical.report import Definition, Report
from app.records import audit, releases
from app.records.base import DbSession
from app.records.releases import Release, ReleaseState, ReleaseStep
from app.records.visibility import Viewer
from app.workflow import access, prove_anew, settle
from app.workflow.access import NotThereError, Role
from app.workflow.refusals import Conflict
from app.workflow.release import Drafted, linked
from app.workflow.settle import Wishes
from app.workflow.sign_in import OpenSignIn

QUALITY = "quality"
"""The ground on which a quality lead prepares and signs."""

OPEN = frozenset({ReleaseState.DRAFTED, ReleaseState.APPROVED})
"""States of a draft that nobody has signed, nor given up."""


def reports_out(db: DbSession, viewer: Viewer) -> Sequence[Report]:
    """Return every report that is out, the oldest first; what was withdrawn is out too."""
    return [
        written_report.report_of(row.written)
        for row in releases.ever_signed(db, org_id=viewer.org_id)
    ]


def in_force(
    db: DbSession, viewer: Viewer, *, instrument: str, first: dt.date, last: dt.date
) -> uuid.UUID | None:
    """Return the release in force about a form in a period, if there is one.

    The same question has the same answer: a second look at patients who have changed
    since could tell who they are.
    """
    for row in reversed(releases.ever_signed(db, org_id=viewer.org_id)):
        is_same = (row.instrument, row.first_day, row.last_day) == (instrument, first, last)
        if is_same and state_of(db, viewer, row.id) is ReleaseState.SIGNED:
            return row.id
    return None


def open_draft(
    db: DbSession,
    viewer: Viewer,
    *,
    instrument: str,
    days: tuple[dt.date, dt.date],
    wishes: Wishes,
    supersedes: uuid.UUID | None,
) -> uuid.UUID | None:
    """Return the draft about a form in a period that could still be signed, if there is one."""
    checked_to = releases.last_signature(db, org_id=viewer.org_id)
    rows = releases.checked(db, org_id=viewer.org_id, instrument=instrument, to=checked_to)
    for row in rows:
        is_same = ((row.first_day, row.last_day), row.supersedes) == (days, supersedes)
        is_same = is_same and _wishes_in(row) == wishes
        if is_same and state_of(db, viewer, row.id) in OPEN:
            return row.id
    return None


def keep_draft(
    db: DbSession,
    viewer: Viewer,
    *,
    drafted: Drafted,
    supersedes: uuid.UUID | None = None,
    checked_to: int,
    now: dt.datetime,
) -> uuid.UUID:
    """Keep a draft as it is now, and return its identifier.

    ``checked_to`` is the number of the last signature of which the draft knows.
    """
    access.check_role(viewer, Role.QUALITY_LEAD)
    audit.take_turn(db)
    asked = drafted.report.definition
    if drafted.refused is not None:
        raise Conflict(f"release_{drafted.refused.value}")
    if supersedes is not None:
        _check_may_supersede(db, viewer, supersedes, definition=asked)
    elif _is_in_force(db, viewer, asked):
        raise Conflict("release_there_already")
    written = written_report.text_of(drafted.report)
    row = Release(
        org_id=viewer.org_id,
        definition=asked.key,
        definition_version=asked.version,
        instrument=asked.instrument,
        edition=asked.edition,
        first_day=asked.first,
        last_day=asked.last,
        whole=asked.whole,
        step=asked.step,
        method=asked.method,
        threshold=asked.threshold,
        rounding=asked.rounding,
        written=written,
        hash=written_report.hash_of(written),
        hidden=[[*where, why.value] for where, why in drafted.reasons.items()],
        checked_to=checked_to,
        is_exception=settle.wishes_in(asked).is_exception,
        supersedes=supersedes,
        drafted_at=now,
        drafted_by=viewer.staff_id,
        sequence=0,
    )
    row.sequence = _log(db, viewer, "drafted_release", row, now=now)
    releases.add(db, row)
    _add_step(db, viewer, row.id, ReleaseState.DRAFTED, sequence=row.sequence, now=now)
    return row.id


def approve(db: DbSession, here: OpenSignIn, *, release_id: uuid.UUID, now: dt.datetime) -> None:
    """Agree, as a second person, to an exception from the house's own rule."""
    viewer = here.viewer
    access.check_role(viewer, Role.QUALITY_LEAD, Role.ADMINISTRATOR)
    audit.take_turn(db)
    row = of_id(db, viewer, release_id)
    prove_anew.check_fresh(db, here, now=now)
    _check_is_draft(db, viewer, row, also=())
    if not row.is_exception:
        raise Conflict("release_no_exception")
    if viewer.staff_id == row.drafted_by:
        raise Conflict("release_second_person")
    sequence = _log(db, viewer, "approved_release", row, now=now)
    _add_step(db, viewer, row.id, ReleaseState.APPROVED, sequence=sequence, now=now)


def sign(db: DbSession, here: OpenSignIn, *, release_id: uuid.UUID, now: dt.datetime) -> None:
    """Sign a draft. It must have been checked against everything that is out by now."""
    viewer = here.viewer
    access.check_role(viewer, Role.QUALITY_LEAD)
    audit.take_turn(db)
    row = of_id(db, viewer, release_id)
    prove_anew.check_fresh(db, here, now=now)
    _check_may_sign(db, viewer, row)
    sequence = _log(db, viewer, "signed_release", row, now=now)
    _add_step(db, viewer, row.id, ReleaseState.SIGNED, sequence=sequence, now=now)
    if row.supersedes is not None:
        old = of_id(db, viewer, row.supersedes)
        replaced = _log(db, viewer, "superseded_release", old, now=now)
        _add_step(db, viewer, old.id, ReleaseState.SUPERSEDED, sequence=replaced, now=now)


def of_id(db: DbSession, viewer: Viewer, release_id: uuid.UUID) -> Release:
    """Return a release of the viewer's organization, as it was kept."""
    row = releases.of_id(db, org_id=viewer.org_id, release_id=release_id)
    if row is None:
        raise NotThereError
    if written_report.hash_of(row.written) != row.hash:
        raise ReleaseChangedError(row.id)
    return row


def wishes_of(db: DbSession, viewer: Viewer, release_id: uuid.UUID) -> Wishes:
    """Return by what choices a report was made."""
    return _wishes_in(of_id(db, viewer, release_id))


def state_of(db: DbSession, viewer: Viewer, release_id: uuid.UUID) -> ReleaseState:
    """Return what was done last with a release."""
    return releases.steps_of(db, org_id=viewer.org_id, release_ids=[release_id])[-1].state


def house_threshold() -> int:
    """Return the threshold of the house; a lower one is an exception."""
    return disclosure.DEFAULT_THRESHOLD


class ReleaseChangedError(RuntimeError):
    """A release is not what was kept: somebody has changed the database."""

    def __init__(self, release_id: uuid.UUID) -> None:
        super().__init__(
            f"release {release_id.hex} does not have the hash it was kept with; "
            "restore the database from a backup and verify the log"
        )
        self.release_id = release_id


def _check_may_sign(db: DbSession, viewer: Viewer, row: Release) -> None:
    _check_is_draft(db, viewer, row, also=(ReleaseState.APPROVED,))
    if row.is_exception and state_of(db, viewer, row.id) is not ReleaseState.APPROVED:
        raise Conflict(
            "release_needs_second", value=str(row.threshold), allowed=str(house_threshold())
        )
    now_out = releases.last_signature(db, org_id=viewer.org_id)
    if now_out != row.checked_to:
        raise Conflict("release_overtaken")
    definition = written_report.report_of(row.written).definition
    out = linked(
        reports_out(db, viewer), instrument=definition.instrument, year=definition.first.year
    )
    wishes = settle.beside(settle.wishes_of(db, viewer), [one.definition for one in out])
    if wishes != settle.wishes_in(definition):
        raise Conflict("release_choices_since")
    if row.supersedes is not None:
        _check_may_supersede(db, viewer, row.supersedes, definition=definition)


def _wishes_in(row: Release) -> Wishes:
    return Wishes(threshold=row.threshold, rounding=row.rounding, method=row.method)


def _is_in_force(db: DbSession, viewer: Viewer, asked: Definition) -> bool:
    return (
        in_force(db, viewer, instrument=asked.instrument, first=asked.first, last=asked.last)
        is not None
    )


def _check_is_draft(
    db: DbSession, viewer: Viewer, row: Release, *, also: Sequence[ReleaseState]
) -> None:
    if state_of(db, viewer, row.id) not in {ReleaseState.DRAFTED, *also}:
        raise Conflict("release_no_draft")


def _check_may_supersede(
    db: DbSession, viewer: Viewer, release_id: uuid.UUID, *, definition: Definition
) -> None:
    old = of_id(db, viewer, release_id)
    if state_of(db, viewer, old.id) is not ReleaseState.SIGNED:
        raise Conflict("release_not_in_force")
    if (old.instrument, old.first_day, old.last_day) != (
        definition.instrument,
        definition.first,
        definition.last,
    ):
        raise Conflict("release_other_question")


def _log(db: DbSession, viewer: Viewer, action: str, row: Release, *, now: dt.datetime) -> int:
    event = access.event_of(
        viewer, action, now=now, ground=QUALITY, release=row.id.hex, hash=row.hash
    )
    return audit.append(db, event)


def _add_step(
    db: DbSession,
    viewer: Viewer,
    release_id: uuid.UUID,
    state: ReleaseState,
    *,
    sequence: int,
    now: dt.datetime,
) -> None:
    releases.add_step(
        db,
        ReleaseStep(
            org_id=viewer.org_id,
            release_id=release_id,
            state=state,
            done_at=now,
            done_by=viewer.staff_id,
            sequence=sequence,
        ),
    )
