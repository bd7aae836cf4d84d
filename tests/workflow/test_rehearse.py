"""Stored courses are gone through again as they were lived, and nothing tells whose they are."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from sqlmodel import select

from app.clinical.bench_figures import BenchFigures
from app.clinical.curves import CurveKind
from app.clinical.rule_bench import trials_between
from app.clinical.rule_editions import moved
from app.clinical.rules import DEFAULT_RULES, RuleId
from app.clinical.simulate import SYNTHETIC_CURVE
from app.records import replays, rule_settings
from app.records.engine import enter_organization
from app.records.flags import Flag
from app.records.people import Patient
from app.records.rule_settings import RuleSetting, StoredRuleError
from app.workflow import access, recognize, rehearse, track
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
    before = benches.kept_bench(clinic)
    monkeypatch.setattr("app.workflow.rehearse.on_invented", None)
    benches.fill(clinic, well=5)

    benches.rehearse(clinic)

    assert benches.kept_bench(clinic).id != before.id
    assert benches.kept_bench(clinic).simulated == before.simulated


def test_a_bench_stands_until_five_patients_have_come(clinic: Clinic) -> None:
    """Two that differ by fewer would tell about the one who came between."""
    lived(clinic)
    assert benches.rehearse(clinic)
    before = benches.kept_bench(clinic)
    for number in range(4):
        benches.close(clinic, f"Ny {number}", GOES_WELL)

    # Four patients and four ends are about four.
    assert not benches.rehearse(clinic)
    assert benches.kept_bench(clinic).id == before.id

    came(clinic, "Ny 4", GOES_WELL)
    assert benches.rehearse(clinic)
    assert benches.kept_bench(clinic).id != before.id


def test_another_rule_or_curve_makes_a_new_bench_at_once(clinic: Clinic) -> None:
    benches.rehearse(clinic)
    assert not benches.rehearse(clinic)

    benches.move(clinic, rule="missing", parameter="in_a_row", value="3")
    assert benches.rehearse(clinic)

    use_curve(clinic)
    assert benches.rehearse(clinic)
    assert not benches.rehearse(clinic)


def quoted(clinic: Clinic) -> set[str]:
    return set(benches.kept_bench(clinic).quotes)


@pytest.mark.parametrize(
    ("kind", "speaks"),
    [
        (CurveKind.LOCAL, {"off_track"}),
        (CurveKind.SYNTHETIC, {"off_track"}),
        (CurveKind.GENERAL, {"off_track_band"}),
        (None, set()),
    ],
)
def test_only_a_rule_that_can_speak_here_is_quoted(
    clinic: Clinic, kind: CurveKind | None, speaks: set[str]
) -> None:
    if kind is not None:
        use_curve(clinic, replace(SYNTHETIC_CURVE, version="2", kind=kind))
    came(clinic, "Oppdiktet", GOES_BADLY)

    benches.rehearse(clinic)

    assert quoted(clinic) & {"off_track", "off_track_band"} == speaks
    assert "no_change" in quoted(clinic)


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


def test_a_course_on_a_form_that_is_gone_is_left_out(clinic: Clinic) -> None:
    lived(clinic)
    registry = clinic.registry.__class__(
        {key: one for key, one in clinic.registry.instruments.items() if key != "outcome-4"}
    )

    found = rehearse.on_history(
        clinic.database, org_id=clinic.clinician.org_id, registry=registry, now=clinic.clock.now
    )

    assert found.figures.sessions == 0
