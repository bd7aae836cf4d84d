"""A limit of a rule is moved on fresh figures, with a reason, and flags keep their edition."""

from dataclasses import replace

import pytest

from app.clinical.curves import CurveKind
from app.clinical.rules import RuleId
from app.clinical.simulate import SYNTHETIC_CURVE
from app.records import rule_settings
from app.records.engine import enter_organization
from tests.support.benches import (
    REASON,
    STOOD_STILL,
    close,
    fill,
    flags,
    kept_bench,
    log,
    move,
    move_form,
    page,
    rehearse,
    settings,
)
from tests.support.clinic import Clinic
from tests.support.lists import GOES_BADLY, came, critical, plain, use_curve


def test_a_limit_is_moved_with_the_figures_that_were_seen(clinic: Clinic) -> None:
    fill(clinic, well=6, still=6)
    rehearse(clinic)
    bench = kept_bench(clinic)

    answer = move(clinic, rule="no_change", parameter="first_look", value="7")

    assert (answer.status_code, answer.headers["location"]) == (303, "/rules/no_change")
    (row,) = settings(clinic)
    assert (row.rule, row.version, row.bench_id) == (RuleId.NO_CHANGE, 1001, bench.id)
    assert row.parameters == {"first_look": 7, "second_look": 12}
    own = row.figures["own"]
    assert isinstance(own, dict)
    assert own["now"]["flagged"] == {"number": 6, "of": 12}
    assert own["proposed"]["flagged"] == {"number": 6, "of": 12}
    assert REASON.encode() not in row.reason_sealed
    (entry,) = log(clinic, "moved_rule")
    assert entry.details["version"] == 1001
    assert entry.details["before"] == {"first_look": 6, "second_look": 12}
    assert entry.details["figures"] == row.figures
    text = plain(page(clinic, "/rules/no_change"))
    assert "egen utgave 1" in text
    assert REASON in text
    assert "Eva Strand" in text


def test_a_flag_says_by_which_edition_it_came_and_older_ones_keep_theirs(clinic: Clinic) -> None:
    fill(clinic, still=1)
    rehearse(clinic)
    move(clinic, rule="no_change", parameter="first_look", value="4")

    came(clinic, "Ny Nils", STOOD_STILL[:4])

    assert sorted(one.rule_version for one in flags(clinic, RuleId.NO_CHANGE)) == [1, 1001]
    newest = max(flags(clinic, RuleId.NO_CHANGE), key=lambda one: one.sequence)
    assert newest.numbers["look"] == 4
    shown = clinic.client(clinic.clinician).get(f"/flags/{newest.id}").text
    assert "egen utgave 1" in plain(shown)


def test_a_moved_limit_holds_from_the_next_answer_on_and_only_here(clinic: Clinic) -> None:
    use_curve(clinic)
    came(clinic, "Gammel Gerd", STOOD_STILL[:4])
    rehearse(clinic)
    assert flags(clinic, RuleId.NO_CHANGE) == []

    move(clinic, rule="no_change", parameter="first_look", value="4")

    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.elsewhere.org_id)
        assert rule_settings.at_site(db, org_id=clinic.elsewhere.org_id).own_rules is None
    came(clinic, "Ny Nils", STOOD_STILL[:4])
    assert [one.rule_version for one in flags(clinic, RuleId.NO_CHANGE)] == [1001]


def test_a_second_move_of_the_same_rule_has_a_number_of_its_own(clinic: Clinic) -> None:
    rehearse(clinic)
    move(clinic, rule="missing", parameter="in_a_row", value="3")
    rehearse(clinic)
    move(clinic, rule="missing", parameter="in_a_row", value="2")
    rehearse(clinic)
    move(clinic, rule="missing", parameter="in_a_row", value="4")
    rehearse(clinic)

    move(clinic, rule="sawtooth", parameter="swings", value="5")

    found = [(row.rule.value, row.version) for row in settings(clinic)]
    # Two is how the rule is shipped, and that is what it is again.
    assert found == [("missing", 1001), ("missing", 1), ("missing", 1002), ("sawtooth", 1001)]
    assert set(settings(clinic)[-1].own_editions) == {"missing", "sawtooth"}


def test_a_rule_goes_back_to_how_it_is_shipped(clinic: Clinic) -> None:
    rehearse(clinic)
    move(clinic, rule="missing", parameter="in_a_row", value="3")
    rehearse(clinic)
    assert "Gå tilbake til regelen som levert" in page(clinic, "/rules/missing")

    move(clinic, rule="missing")

    assert settings(clinic)[-1].own_editions == {}
    assert "egen utgave" not in page(clinic, "/rules/missing").partition("Hva som er avgjort")[0]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"value": "9"}, "Grensen er 9; her kan den være 1, 2, 3, 4."),
        ({"value": "tre"}, "Grensen er –; her kan den være 1, 2, 3, 4."),
        ({"value": "2.5"}, "Grensen er 2.5; her kan den være 1, 2, 3, 4."),
        ({"reason": " "}, "Begrunnelsen mangler."),
        ({"reason": "x" * 501}, "Begrunnelsen er på 501 tegn; høyst 500 er tillatt."),
    ],
)
def test_what_cannot_be_is_told_beside_the_form(
    clinic: Clinic, changed: dict[str, str], says: str
) -> None:
    rehearse(clinic)
    form = {"rule": "missing", "parameter": "in_a_row", "value": "3", **changed}

    answer = move(clinic, **form)

    assert answer.status_code == 422
    assert says in plain(answer.text)
    assert settings(clinic) == []


@pytest.mark.parametrize(
    ("rule", "parameter"),
    [
        ("critical_item", "at_least"),
        ("critical_item", ""),
        ("no_contact", "days"),
        ("above_cutoff_start", ""),
        ("alliance_drop", "total_range"),
    ],
)
def test_what_must_not_be_moved_is_not_moved(clinic: Clinic, rule: str, parameter: str) -> None:
    rehearse(clinic)

    answer = move(clinic, rule=rule, parameter=parameter, value="90")

    assert answer.status_code == 400
    assert f"Regelen {rule} har ikke denne grensen å flytte." in plain(answer.text)
    assert settings(clinic) == []


def test_a_limit_is_not_moved_on_old_figures(clinic: Clinic) -> None:
    client = clinic.client(clinic.quality_lead)
    form = {"parameter": "in_a_row", "value": "3", "version": "1", "reason": REASON}
    assert client.post("/rules/missing", data=form).status_code == 409
    rehearse(clinic)
    older = move_form(clinic, rule="missing", parameter="in_a_row", value="3")
    fill(clinic, well=5)
    rehearse(clinic)

    newer = client.post("/rules/missing", data=older)
    move(clinic, rule="missing", parameter="in_a_row", value="3")
    changed = client.post("/rules/missing", data={**older, "value": "4"})
    stale = move(clinic, rule="missing", parameter="in_a_row", value="4", version="1001")

    for answer, says in (
        (newer, "Reglene er prøvd på nytt"),
        (changed, "den var utgave 1, nå er den utgave 1001"),
        (stale, "Det finnes ingen tall for reglene og kurvene som gjelder nå."),
    ):
        assert answer.status_code == 409
        assert says in plain(answer.text)
    assert len(settings(clinic)) == 1
    assert "En regel eller kurve er endret siden." in plain(page(clinic))


def test_another_curve_makes_the_figures_old(clinic: Clinic) -> None:
    rehearse(clinic)

    use_curve(clinic, replace(SYNTHETIC_CURVE, version="synthetic-2", kind=CurveKind.LOCAL))

    assert "En regel eller kurve er endret siden." in plain(page(clinic))


def test_a_limit_is_not_moved_to_where_it_is(clinic: Clinic) -> None:
    rehearse(clinic)

    answer = move(clinic, rule="missing", parameter="in_a_row", value="2")

    assert answer.status_code == 409
    assert "Regelen er slik allerede." in plain(answer.text)


def test_two_limits_do_not_go_back_at_once(clinic: Clinic) -> None:
    """The bench has no figures of both: they would be decided unseen."""
    rehearse(clinic)
    move(clinic, rule="no_change", parameter="first_look", value="7")
    rehearse(clinic)
    move(clinic, rule="no_change", parameter="second_look", value="14")
    rehearse(clinic)

    # The page has no button for it any more; somebody sends what it would send.
    answer = move(clinic, rule="no_change", version="1002")

    assert answer.status_code == 422
    assert "Dette ville flytte 2 grenser samtidig; her flyttes 1 om gangen." in plain(answer.text)
    assert len(settings(clinic)) == 2
    text = plain(page(clinic, "/rules/no_change"))
    assert "Mer enn en grense er flyttet." in text
    assert "Gå tilbake til regelen som levert" not in text
    move(clinic, rule="no_change", parameter="first_look", value="6", version="1002")
    rehearse(clinic)
    assert "Gå tilbake til regelen som levert" in plain(page(clinic, "/rules/no_change"))
    assert move(clinic, rule="no_change").status_code == 303
    assert settings(clinic)[-1].version == 1
    assert settings(clinic)[-1].figures["own"] is not None


def test_figures_that_were_hidden_are_not_kept_with_a_move(clinic: Clinic) -> None:
    fill(clinic, well=6)
    for number in range(6):
        close(clinic, f"Stod stille {number}", STOOD_STILL)
    rehearse(clinic)

    move(clinic, rule="no_change", parameter="first_look", value="7")

    own = settings(clinic)[0].figures["own"]
    assert isinstance(own, dict)
    assert own["now"]["flagged"] == {"number": 6, "of": 12}
    hidden = {"number": None, "of": None}
    for side in ("now", "proposed"):
        for name in ("not_improved", "worse", "off_path", "found"):
            assert own[side][name] == hidden


def test_a_flag_of_another_edition_is_not_told_the_figures_of_this_one(clinic: Clinic) -> None:
    fill(clinic, well=6)
    for number in range(5):
        close(clinic, f"Endte likt {number}", GOES_BADLY)
        close(clinic, f"Snudde {number}", [*GOES_BADLY, 320])
    flag = flags(clinic, RuleId.OFF_TRACK)[0]
    rehearse(clinic)
    move(clinic, rule="off_track", parameter="off_below", value="0.4")

    rehearse(clinic)

    shown = plain(clinic.client(clinic.clinician).get(f"/flags/{flag.id}").text)
    assert "er ikke kjent her ennå" in shown


def test_an_answer_that_must_be_seen_at_once_is_seen_whatever_is_moved(clinic: Clinic) -> None:
    rehearse(clinic)
    for rule, parameter, value in (("missing", "in_a_row", "4"), ("no_change", "first_look", "10")):
        move(clinic, rule=rule, parameter=parameter, value=value)
        rehearse(clinic)

    critical(clinic)

    (flag, *_) = flags(clinic, RuleId.CRITICAL_ITEM)
    assert flag.rule_version == 1
