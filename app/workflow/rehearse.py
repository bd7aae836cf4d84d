"""Rehearse the rules: put stored and invented courses before them again, and keep the counts."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.clinical import simulate
from app.clinical.bench_figures import (
    BenchFigures,
    Count,
    Grid,
    UnreadableFiguresError,
    from_plain,
    to_plain,
)
from app.clinical.course import Course, Observation
from app.clinical.curves import CurveKind, ReferenceCurve, for_age
from app.clinical.instruments import Instrument
from app.clinical.rule_bench import NOT_REPLAYED, Lived, Trial, bench, may_speak, trials_around
from app.clinical.rules import Rule
from app.clinical.simulate import SYNTHETIC_CURVE, Marks, SimulatedPatient, SimulatedSession
from app.clinical.situation import AllianceRating, AllianceSeries
from app.instruments import Registry
from app.records import (
    audit,
    curves,
    early_alliances,
    ratings,
    replays,
    rule_settings,
    sessions,
)
from app.records.base import DbSession
from app.records.engine import Database, enter_organization
from app.records.ratings import Placed
from app.records.replays import CourseToReplay, Treated
from app.records.rule_settings import RuleBench
from app.records.sessions import SessionKept, SessionStatus
from app.records.visibility import Viewer
from app.workflow import access, gather, track, weigh
from app.workflow.agree import CLINIC_ZONE
from app.workflow.appraise import FEWEST_PATIENTS
from app.workflow.gather import RecordOf
from app.workflow.keep_up import Heard

TrialsOf = Callable[[Sequence[Rule]], Sequence[Trial]]
"""What is tried, given the rules in force."""

FEWEST_NEW = FEWEST_PATIENTS
"""A bench stands until so many patients have come or courses have ended. Two that differ by
fewer would tell, by what changed, about the one who came between."""

SIMULATED_PATIENTS = 200
"""Invented patients beside a site's own: enough that a tenth of them is twenty."""

SIMULATED_SEED = 20261130
"""The same invented patients each time, so that two benches differ by their rules alone."""

OUTCOME, ALLIANCE = "outcome-4", "alliance-4"
"""The forms that the simulator makes marks for."""


@dataclass(slots=True)
class _Seen:
    """Kept while courses pass by: in which weeks anybody came to which clinician, and curves."""

    weeks: set[tuple[uuid.UUID, int, int]] = field(default_factory=set)
    kinds: set[CurveKind | None] = field(default_factory=set)

    def note(self, held: Iterable[SessionKept], treated: Sequence[Treated]) -> None:
        for session in held:
            if session.status is not SessionStatus.ATTENDED:
                continue
            year, week, _ = session.planned_at.astimezone(CLINIC_ZONE).isocalendar()
            self.weeks.update(
                (one.staff_id, year, week)
                for one in treated
                if one.since <= session.planned_at
                and (one.until is None or session.planned_at < one.until)
            )


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal on stored courses gave, and what they were compared with."""

    figures: BenchFigures
    rules: Sequence[Rule]
    curves: Mapping[str, str]
    """The version in use for each instrument."""
    kinds: frozenset[CurveKind | None]
    """Of the curves that courses were compared with; ``None`` for those without any."""


def on_history(
    database: Database,
    *,
    org_id: int,
    registry: Registry,
    now: dt.datetime,
    trials_of: TrialsOf = trials_around,
    heard: Heard = lambda _, __: None,
) -> Rehearsed:
    """Put an organization's own courses before the rules again; nothing is written."""
    with database.reading() as db:
        enter_organization(db, org_id=org_id)
        rules = track.rules_in_force(db, org_id=org_id)
        in_use = {key: one.curve for key, one in curves.in_use(db, org_id=org_id).items()}
        seen = _Seen()
        stream = _stored(db, registry=registry, in_use=in_use, seen=seen, now=now, heard=heard)
        figures = bench(stream, trials=trials_of(rules))
    figures.clinician_weeks = len(seen.weeks)
    versions = {key: curve.version for key, curve in in_use.items()}
    return Rehearsed(figures, rules, versions, frozenset(seen.kinds))


def on_invented(
    registry: Registry,
    *,
    rules: Sequence[Rule],
    patients: int = SIMULATED_PATIENTS,
    seed: int = SIMULATED_SEED,
    trials_of: TrialsOf = trials_around,
) -> BenchFigures:
    """Put invented courses before the rules; nobody's clinician had weeks with them."""
    drawn = simulate.simulate_patients(simulate.seeded(seed), count=patients)
    outcome, alliance = registry.get(OUTCOME), registry.get(ALLIANCE)
    stream = (
        _invented(one, number=number, outcome=outcome, alliance=alliance)
        for number, one in enumerate(drawn)
    )
    return bench(stream, trials=trials_of(rules))


def keep(
    database: Database,
    *,
    org_id: int,
    registry: Registry,
    now: dt.datetime,
    by: Viewer | None = None,
    invented_patients: int = SIMULATED_PATIENTS,
    heard: Heard = lambda _, __: None,
) -> bool:
    """Rehearse every number that may be moved, and keep the counts for pages to show.

    Returns whether there was news: else the bench before it stands.
    """
    found = on_history(database, org_id=org_id, registry=registry, now=now, heard=heard)
    with database.reading() as db:
        enter_organization(db, org_id=org_id)
        if not _is_news(db, found):
            return False
        invented = _kept_already(db, found.rules, patients=invented_patients)
    if invented is None:
        fresh = on_invented(registry, rules=found.rules, patients=invented_patients)
        invented = to_plain(fresh)
    with database.writing() as db:
        enter_organization(db, org_id=org_id)
        viewer = by or access.the_program(db)
        event = access.event_of(
            viewer,
            "rehearsed_rules",
            now=now,
            ground="quality" if by else "program",
            sessions=found.figures.sessions,
        )
        rule_settings.add(
            db,
            RuleBench(
                org_id=org_id,
                made_at=now,
                made_by=by.staff_id if by else None,
                in_force=as_plain(found.rules),
                curves=dict(found.curves),
                figures=to_plain(found.figures),
                simulated=invented,
                simulated_patients=invented_patients,
                simulated_seed=SIMULATED_SEED,
                quotes=_quotes(found),
                sequence=audit.append(db, event),
            ),
        )
    return True


def _is_news(db: DbSession, found: Rehearsed) -> bool:
    kept = rule_settings.newest_bench(db, org_id=db.info["org_id"])
    if kept is None or not is_current(db, kept, found.rules):
        return True
    before = read_kept(kept, found.rules)
    return before is None or weigh.came_between(before, found.figures) >= FEWEST_NEW


def read_kept(kept: RuleBench, rules: Sequence[Rule]) -> BenchFigures | None:
    """Return kept figures of all that would be tried now; nothing of what counted otherwise."""

    def tried(grids: Iterable[Grid]) -> list[tuple[object, ...]]:
        return [(grid.rule, grid.parameter, grid.values, grid.in_force) for grid in grids]

    try:
        found = from_plain(kept.figures)
    except UnreadableFiguresError:
        return None
    now = [trial.grid() for trial in trials_around(rules)]
    return found if tried(found.grids) == tried(now) else None


def _kept_already(
    db: DbSession, rules: Sequence[Rule], *, patients: int
) -> dict[str, object] | None:
    """Return what invented courses gave by these very rules: the same again would come out."""
    kept = rule_settings.newest_bench(db, org_id=db.info["org_id"])
    if kept is None or kept.in_force != as_plain(rules):
        return None
    same = (patients, SIMULATED_SEED)
    return kept.simulated if (kept.simulated_patients, kept.simulated_seed) == same else None


def sessions_held(db: DbSession, *, org_id: int) -> int:
    """Return how many sessions a rehearsal would go through."""
    return replays.sessions_held(db, org_id=org_id)


def is_current(db: DbSession, kept: RuleBench, rules: Sequence[Rule]) -> bool:
    """Whether a bench went by the rules and curves that are in force now."""
    not_tried = {rule.value for rule in NOT_REPLAYED}

    def tried(plain: Mapping[str, object]) -> dict[str, object]:
        return {key: one for key, one in plain.items() if key not in not_tried}

    in_use = curves.in_use(db, org_id=kept.org_id)
    versions = {key: one.curve.version for key, one in in_use.items()}
    return tried(kept.in_force) == tried(as_plain(rules)) and versions == kept.curves


def as_plain(rules: Sequence[Rule]) -> dict[str, object]:
    """Return editions and numbers of rules, for keeping and comparing."""
    return {
        rule.id.value: {"version": rule.version, "parameters": dict(rule.parameters)}
        for rule in rules
    }


def _stored(
    db: DbSession,
    *,
    registry: Registry,
    in_use: Mapping[str, ReferenceCurve],
    seen: _Seen,
    now: dt.datetime,
    heard: Heard,
) -> Iterator[Lived]:
    program = access.the_program(db)
    number, before, done = -1, None, 0
    limits = early_alliances.held(db, org_id=program.org_id)
    in_all = replays.n_courses(db, org_id=db.info["org_id"])
    for part in replays.courses(db, program):
        records = _records(db, program, part, seen=seen)
        for one, record in zip(part, records, strict=True):
            episode = record.episode
            number += episode.patient_id != before
            before = episode.patient_id
            instrument = registry.instruments.get(episode.main_instrument)
            if instrument is None:
                continue
            numbering = gather.number_sessions(record, instrument=instrument.key, now=now)
            curve = _of_age(in_use.get(instrument.key), one)
            seen.kinds.add(curve.kind if curve else None)
            yield Lived(
                patient=number,
                course=gather.build_course(record, instrument, now=now),
                curve=curve,
                alliance=gather.build_alliance(
                    db,
                    program,
                    record,
                    registry=registry,
                    numbering=numbering,
                    limits=limits,
                ),
                is_over=episode.closed_at is not None,
            )
        done += len(records)
        heard(done, in_all)


def _of_age(curve: ReferenceCurve | None, one: CourseToReplay) -> ReferenceCurve | None:
    """Return the curve that pages and rules compare this course with."""
    band = gather.age_band_of(opened_at=one.episode.opened_at, birth_year=one.birth_year)
    return curve and for_age(curve, band)


def _records(
    db: DbSession, program: Viewer, part: Sequence[CourseToReplay], *, seen: _Seen
) -> Sequence[RecordOf[Placed]]:
    ids = [one.episode.id for one in part]
    held: dict[uuid.UUID, list[SessionKept]] = defaultdict(list)
    for session in sessions.kept(db, program, episode_ids=ids):
        held[session.episode_id].append(session)
    filed: dict[uuid.UUID, list[Placed]] = defaultdict(list)
    for rating in ratings.of_episodes(db, program, episode_ids=ids):
        filed[rating.episode_id].append(rating)
    treating = replays.treating(db, program, patient_ids={one.episode.patient_id for one in part})
    for one in part:
        seen.note(held[one.episode.id], treating.get(one.episode.patient_id, ()))
    return [
        RecordOf(one.episode, held[one.episode.id], filed[one.episode.id], one.baseline_id)
        for one in part
    ]


def _invented(
    patient: SimulatedPatient, *, number: int, outcome: Instrument, alliance: Instrument
) -> Lived:
    attended = [session for session in patient.sessions if session.is_attended]
    numbered = list(enumerate(attended, start=1))
    return Lived(
        patient=number,
        course=Course(
            instrument=outcome,
            observations=tuple(
                Observation(k, sum(session.outcome), f"o{k}", session.day / 7)
                for k, session in numbered
                if session.outcome is not None
            ),
            attended=tuple(k for k, _ in numbered),
        ),
        curve=SYNTHETIC_CURVE,
        alliance=AllianceSeries(alliance, tuple(_alliance(numbered, alliance))),
        is_over=True,
    )


def _alliance(
    numbered: Sequence[tuple[int, SimulatedSession]], alliance: Instrument
) -> Iterator[AllianceRating]:
    for k, session in numbered:
        marks: Marks | None = session.alliance
        if marks is not None:
            items = {item.key: mark for item, mark in zip(alliance.items, marks, strict=True)}
            yield AllianceRating(session=k, reference=f"a{k}", total=sum(marks), items=items)


def _quotes(found: Rehearsed) -> dict[str, object]:
    """Return what a flag says of its rule, in few numbers.

    A rule that cannot speak in some of the courses is not quoted: of how many sessions its
    marks come is then another number than that of all.
    """
    told: dict[str, object] = {}
    for rule in found.rules:
        grid = found.figures.grid(rule.id)
        if grid is None or not all(may_speak(rule.id, kind) for kind in found.kinds):
            continue
        side, base = grid.side(grid.in_force), grid.base
        told[rule.id.value] = {
            "version": rule.version,
            "sessions": found.figures.sessions,
            "flags": side.flags,
            "courses": _pair(base.courses),
            "flagged": _pair(side.flagged),
            "ended": _pair(side.ended),
            "not_improved": _pair(side.not_improved),
        }
    return told


def _pair(count: Count) -> list[int]:
    return [count.courses, count.patients]
