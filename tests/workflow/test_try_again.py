"""At night the rules are tried again where that has something new to say, and only there."""

import datetime as dt

import pytest

from app.records.engine import enter_organization
from app.records.rule_settings import newest_bench
from app.workflow import rehearse, try_again
from app.workflow.try_again import Tried
from tests.support import benches
from tests.support.clinic import Clinic
from tests.support.lists import GOES_WELL, came

OLD = try_again.OLD_AFTER


def at_night(clinic: Clinic, *, after: dt.timedelta) -> list[int] | None:
    """Return for which organizations the rules were tried."""
    now = clinic.clock.now + after
    done = try_again.run_if_due(clinic.database, registry=clinic.registry, now=now)
    return None if done is None else [one.org_id for one in done]


def test_old_figures_are_made_again_when_five_have_come(clinic: Clinic) -> None:
    benches.fill(clinic, well=2)
    here = clinic.quality_lead.org_id
    assert at_night(clinic, after=dt.timedelta()) == [here]

    for number in range(5):
        came(clinic, f"Ny {number}", GOES_WELL)

    assert at_night(clinic, after=OLD - dt.timedelta(hours=2)) == []
    assert at_night(clinic, after=OLD + dt.timedelta(days=1)) == [here]


def test_old_figures_that_stand_cost_nothing_the_nights_after(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    benches.fill(clinic, well=2)
    benches.rehearse(clinic)
    came(clinic, "Ny Nils", GOES_WELL)
    benches.close(clinic, "Ny Nina", GOES_WELL)
    monkeypatch.setattr("app.workflow.rehearse.on_history", None)

    assert at_night(clinic, after=OLD) == []
    assert at_night(clinic, after=OLD + dt.timedelta(days=1)) == []


def test_ends_are_news_as_well(clinic: Clinic) -> None:
    benches.rehearse(clinic)
    for number in range(5):
        benches.close(clinic, f"Ny {number}", GOES_WELL)

    assert at_night(clinic, after=OLD) == [clinic.quality_lead.org_id]


def test_an_organization_that_fails_does_not_stop_those_behind_it(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    benches.fill(clinic, well=1)
    here, behind = clinic.quality_lead.org_id, clinic.elsewhere.org_id
    is_first = min(here, behind)
    went_through = rehearse.keep
    trouble = RuntimeError("no such thing")

    def keep(*arguments: object, org_id: int, **named: object) -> bool:
        if org_id == is_first:
            raise trouble
        return went_through(*arguments, org_id=org_id, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("app.workflow.rehearse.keep", keep)
    monkeypatch.setattr("app.records.replays.sessions_held", lambda *_, **__: 1)

    done = try_again.run_if_due(clinic.database, registry=clinic.registry, now=clinic.clock.now)

    assert done == [Tried(is_first, trouble), Tried(max(here, behind))]
    with clinic.database.reading() as db:
        enter_organization(db, org_id=max(here, behind))
        assert newest_bench(db, org_id=max(here, behind)) is not None
    # The job is done for today: it is not begun again at once.
    assert at_night(clinic, after=dt.timedelta(hours=1)) is None
