"""Stored courses are gone through again as they were lived, and nothing tells whose they are."""

import json
from collections import Counter

import pytest
from sqlmodel import select

from app.clinical.bench_figures import Asked, BenchFigures, Cell, Count, CourseEnd, Grid
from app.clinical.rule_bench import trials_between
from app.clinical.rule_editions import moved
from app.clinical.rules import DEFAULT_RULES, RuleId
from app.records import replays, rule_settings
from app.records.engine import enter_organization
from app.records.flags import Flag
from app.records.people import Patient
from app.records.rule_settings import RuleSetting, StoredRuleError
from app.workflow import access, recognize, rehearse, track, weigh
from tests.support import benches
from tests.support.clinic import Clinic
from tests.support.lists import GOES_BADLY, GOES_WELL, came, use_curve

SCORES = (
    GOES_BADLY,
    GOES_WELL,
    [220, 150, 140, 150, 80, 75, 60],
    [180, 180, 185, 180, 185, 180, 180],
    [180, 260, 170, 270, 160, 280],
)


def lived(clinic: Clinic) -> None:
    use_curve(clinic)
    for number, scores in enumerate(SCORES):
        came(clinic, f"Oppdiktet {number}", scores)


def raised(clinic: Clinic) -> Counter[RuleId]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        return Counter(flag.rule for flag in db.execute(select(Flag)).scalars())


def test_going_through_again_raises_the_flags_that_were_raised(clinic: Clinic) -> None:
    lived(clinic)

    figures = benches.own_figures(clinic)

    replayed = Counter(
        {
            grid.rule: grid.flags[grid.in_force]
            for grid in figures.grids
            if grid.flags[grid.in_force] and grid.rule is not RuleId.OFF_TRACK_BAND
        }
    )
    assert replayed == raised(clinic)
    assert len(replayed) >= 4
    assert figures.sessions == sum(len(scores) for scores in SCORES)


def test_weeks_count_once_for_each_clinician_to_whom_somebody_came(clinic: Clinic) -> None:
    came(clinic, "En", [200, 210])
    came(clinic, "To", [200, 210, 220])

    # Both came in the same two weeks, and one of them in the week before as well.
    assert benches.own_figures(clinic).clinician_weeks == 3


def test_courses_come_a_part_at_a_time_and_each_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(clinic)
    whole = benches.own_figures(clinic)
    few = replays._COURSES.limit(2), replays._FURTHER.limit(2)  # noqa: SLF001 - the size of a part
    monkeypatch.setattr(replays, "_COURSES", few[0])
    monkeypatch.setattr(replays, "_FURTHER", few[1])

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        parts = [len(part) for part in replays.courses(db, access.the_program(db))]

    assert parts == [2, 2, 1]
    assert benches.own_figures(clinic) == whole


def test_what_is_kept_names_nobody(clinic: Clinic) -> None:
    lived(clinic)
    benches.rehearse(clinic)

    row = benches.kept_bench(clinic)

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.clinician.org_id)
        ids = {one.id.hex for one in db.execute(select(Patient)).scalars()}
    text = json.dumps([row.figures, row.simulated, row.quotes]).replace("-", "")
    assert ids
    assert not any(one in text for one in ids)
    assert "Oppdiktet" not in text


def test_the_same_invented_courses_are_not_gone_through_twice(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    benches.rehearse(clinic)
    before = benches.kept_bench(clinic).simulated
    monkeypatch.setattr("app.workflow.rehearse.on_invented", None)

    benches.rehearse(clinic)

    assert benches.kept_bench(clinic).simulated == before


def test_another_organizations_courses_are_not_gone_through(clinic: Clinic) -> None:
    lived(clinic)

    found = rehearse.on_history(
        clinic.database,
        org_id=clinic.elsewhere.org_id,
        registry=clinic.registry,
        now=clinic.clock.now,
    )

    assert found.figures.sessions == 0


def test_invented_courses_are_the_same_for_the_same_seed(clinic: Clinic) -> None:
    stricter = moved(DEFAULT_RULES[2], parameter="on_from", value=0.8)

    def once(seed: int) -> BenchFigures:
        return rehearse.on_invented(
            clinic.registry,
            rules=DEFAULT_RULES,
            patients=20,
            seed=seed,
            trials_of=lambda rules: trials_between(rules, [stricter]),
        )

    assert once(1) == once(1)
    assert once(1) != once(2)
    assert once(1).clinician_weeks is None


def store(clinic: Clinic, own_editions: dict[str, object]) -> None:
    """Store editions as no version of the program would."""
    benches.rehearse(clinic)
    with clinic.database.writing() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        rule_settings.add(
            db,
            RuleSetting(
                org_id=clinic.quality_lead.org_id,
                rule=RuleId.MISSING,
                version=1001,
                parameters={"in_a_row": 3},
                own_editions=own_editions,
                bench_id=benches.kept_bench(clinic).id,
                figures={},
                reason_sealed=b"",
                decided_at=clinic.clock.now,
                decided_by=clinic.quality_lead.staff_id,
                sequence=1_000_000,
            ),
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"missing": {"version": 1001, "parameters": {"in_a_row": 90}, "on": "2026-11-30"}},
        {"missing": {"version": 1, "parameters": {"in_a_row": 3}, "on": "2026-11-30"}},
        {"missing": {"version": True, "parameters": {"in_a_row": 3}, "on": "2026-11-30"}},
        {"missing": {"version": 1001, "parameters": [3], "on": "2026-11-30"}},
        {"missing": {"version": 1001, "parameters": {"in_a_row": 3}, "on": "yesterday"}},
        {"missing": {"version": 1001, "parameters": {"in_a_row": 3}}},
        {"critical_item": {"version": 1001, "parameters": {}, "on": "2026-11-30"}},
        {"invented": {"version": 1001, "parameters": {}, "on": "2026-11-30"}},
        {"missing": 3},
    ],
)
def test_a_stored_rule_that_cannot_be_used_stops_the_start_and_is_not_guessed(
    clinic: Clinic, wrong: dict[str, object]
) -> None:
    recognize.check_rules(clinic.database)
    store(clinic, wrong)

    with pytest.raises(StoredRuleError, match="cannot be used"):
        recognize.check_rules(clinic.database)
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        with pytest.raises(StoredRuleError):
            track.rules_in_force(db, org_id=clinic.quality_lead.org_id)


def test_a_stored_edition_comes_back_as_it_was_set(clinic: Clinic) -> None:
    benches.rehearse(clinic)
    benches.move(clinic, rule="off_track", parameter="on_from", value="0.85")

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        rules = {rule.id: rule for rule in track.rules_in_force(db, org_id=db.info["org_id"])}

    assert rules[RuleId.OFF_TRACK].version == 1001
    assert rules[RuleId.OFF_TRACK].parameters["on_from"] == 0.85
    assert rules[RuleId.NO_CONTACT].parameters == {"days": 28}
    assert rules[RuleId.CRITICAL_ITEM] == DEFAULT_RULES[0]


def a_grid(**cells: tuple[int, int, CourseEnd]) -> BenchFigures:
    """Cells by name: so many patients, flagged by these editions, with this end."""
    grid = Grid(RuleId.NO_CHANGE, "first_look", (4, 6, 8), 1)
    for patients, flagged, end in cells.values():
        grid.cells[Cell(flagged, 0, end, is_off_path=False)] = Count(patients, patients)
    return BenchFigures(sessions=100, grids=(grid,))


def test_nothing_can_be_worked_out_about_few_by_taking_one_value_from_another() -> None:
    figures = a_grid(
        none=(10, 0b000, CourseEnd.OPEN),
        first=(3, 0b001, CourseEnd.OPEN),
        both=(6, 0b011, CourseEnd.OPEN),
    )

    (told,) = weigh.weigh(figures)
    (everything,) = weigh.weigh(figures, fewest=0)

    # Nine by the first, six by the second: three between. None by the third.
    assert [one.value for one in told.shown] == [6]
    assert list(told.hidden) == [4, 8]
    assert [one.value for one in everything.shown] == [4, 6, 8]


def test_the_few_who_have_not_ended_are_not_told_by_those_who_have() -> None:
    figures = a_grid(
        none=(10, 0, CourseEnd.OPEN),
        ended=(12, 0b010, CourseEnd.UNCHANGED),
        better=(8, 0b011, CourseEnd.IMPROVED),
        open=(2, 0b111, CourseEnd.OPEN),
    )

    now = weigh.weigh(figures)[0].now

    assert now is not None
    assert now.flagged.number == 22
    assert now.ended.number is None
    assert now.not_improved.number is None


def test_the_few_who_got_worse_are_not_told_by_those_who_stayed() -> None:
    figures = a_grid(
        none=(10, 0, CourseEnd.OPEN),
        same=(3, 0b010, CourseEnd.UNCHANGED),
        worse=(5, 0b011, CourseEnd.WORSE),
        better=(8, 0b111, CourseEnd.IMPROVED),
    )

    now = weigh.weigh(figures)[0].now

    assert now is not None
    assert now.not_improved.number == 8
    assert now.worse.number is None


@pytest.mark.parametrize(("still_open", "marked"), [(0, 8), (1, None), (4, None), (5, 8)])
def test_the_few_whose_course_goes_on_are_not_told_by_the_question_about_the_band(
    still_open: int, marked: int | None
) -> None:
    grid = Grid(RuleId.OFF_TRACK_BAND, "in_a_row", (2,), 0)
    for patients, flagged, end in (
        (8, 1, CourseEnd.UNCHANGED),
        (9, 0, CourseEnd.IMPROVED),
        (still_open, 1, CourseEnd.OPEN),
    ):
        cell = Cell(flagged, 0, end, is_off_path=False)
        grid.cells[cell] = Count(patients, patients)
    quiet = {"is_foreseen_worse": False, "ended_off_path": False, "ended_worse": False}
    figures = BenchFigures(sessions=100, grids=(grid,))
    figures.questions[Asked(is_marked_off_path=True, **quiet)] = Count(8, 8)
    figures.questions[Asked(is_marked_off_path=False, **quiet)] = Count(9, 9)

    assert weigh.band_question(figures).marked.number == marked
    assert weigh.band_question(figures, fewest=0).marked.number == 8


@pytest.mark.parametrize(
    "kept", [None, "[]", "3", "{", '{"missing": {"version": 1}}', '{"missing": 3}']
)
def test_what_cannot_be_read_of_a_bench_is_not_known(kept: str | None) -> None:
    assert weigh.quote(kept, rule=RuleId.MISSING, version=1) is None


def test_a_course_on_a_form_that_is_gone_is_left_out(clinic: Clinic) -> None:
    lived(clinic)
    registry = clinic.registry.__class__(
        {key: one for key, one in clinic.registry.instruments.items() if key != "outcome-4"}
    )

    found = rehearse.on_history(
        clinic.database, org_id=clinic.clinician.org_id, registry=registry, now=clinic.clock.now
    )

    assert found.figures.sessions == 0
