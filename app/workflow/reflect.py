"""Reflect: what a clinician's own courses come to, seen by that clinician and nobody else."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from app.clinical.own_figures import OwnCourses
from app.clinical.pair_sums import PairSums
from app.instruments import Registry
from app.records import audit, ended_counts, ended_sums, endings, own_courses
from app.records.base import DbSession
from app.records.cohorts import Span
from app.records.endings import Asked
from app.records.visibility import Viewer
from app.workflow import access, add_up, release
from app.workflow.access import Role
from app.workflow.refusals import Refusal

OWN = "own_courses"
"""The ground on which a clinician reads these figures."""

_SINCE = dt.datetime(release.FIRST_YEAR, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Reflected:
    """What a clinician sees of their own courses.

    ``forms`` are the open and the closed courses by main form, ``closed`` those of the
    ``instrument`` that is shown. Nothing is shown where there are no courses.
    """

    forms: Mapping[str, tuple[int, int]]
    instrument: str | None = None
    closed: OwnCourses | None = None


def reflect(
    db: DbSession,
    viewer: Viewer,
    *,
    registry: Registry,
    instrument: str | None = None,
    now: dt.datetime,
) -> Reflected:
    """Return the figures of the viewer's own courses on one form: that of most if none is named.

    There is no way to ask about anybody else. The look is written to the log.
    """
    access.check_role(viewer, Role.CLINICIAN)
    forms = {
        key: counts
        for key, counts in own_courses.by_instrument(db, viewer).items()
        if key in registry.instruments
    }
    if instrument is not None and instrument not in forms:
        raise Refusal("own_form", value=instrument[:40], allowed=", ".join(sorted(forms)) or "–")
    audit.append(db, access.event_of(viewer, "saw_own_figures", now=now, ground=OWN))
    if not forms:
        return Reflected(forms)
    chosen = instrument or max(sorted(forms), key=lambda key: sum(forms[key]))
    return Reflected(forms, chosen, _closed(db, viewer, registry, instrument=chosen, now=now))


def _closed(
    db: DbSession, viewer: Viewer, registry: Registry, *, instrument: str, now: dt.datetime
) -> OwnCourses:
    form = release.with_value(db, registry.get(instrument), org_id=viewer.org_id)
    asked = Asked(org_id=viewer.org_id, instrument=instrument, since=_SINCE, until=now)
    span = Span(begins=[_SINCE], until=now, new_years=[(_SINCE, _SINCE.year)])
    yardstick = add_up.yardstick_of(form)
    endings.keep(db, asked, yardstick=yardstick, treated_by=viewer.staff_id)
    own, judge = own_courses.ended(viewer), add_up.judge_of(form)
    rows = ended_sums.ended(db, asked, span=span, judge=judge, bands=(), of=own)
    flags = ended_counts.flagged(db, asked, span=span, of=own) if db.info["has_flags"] else []
    return OwnCourses(
        ended=sum(row.n for row in rows),
        planned=sum(row.planned for row in rows),
        agreed=sum(row.agreed for row in rows),
        attended=sum(row.attended for row in rows),
        with_outcome=sum(row.with_outcome for row in rows),
        with_alliance=sum(row.with_alliance for row in rows),
        recovered=sum(row.recovered for row in rows),
        improved=sum(row.improved + row.ordinary_improved for row in rows),
        unchanged=sum(row.unchanged + row.ordinary_unchanged for row in rows),
        deteriorated=sum(row.deteriorated + row.ordinary_deteriorated for row in rows),
        one_score=sum(row.one_score for row in rows),
        declined=sum(row.refused for row in rows),
        never_scored=sum(row.never_scored for row in rows),
        not_offered=sum(row.not_offered for row in rows),
        other_edition=sum(row.other_edition for row in rows),
        outcome=sum((add_up.pairs_in(row) for row in rows), PairSums()),
        alliance=sum((add_up.alliance_pairs_in(row) for row in rows), PairSums()),
        raised=sum(one.raised for one in flags),
        reviewed_in_time=sum(one.reviewed for one in flags),
        has_verdict=judge.least is not None,
        has_cut_off=judge.cut_off is not None,
    )
