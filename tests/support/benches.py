"""A bench made for a clinic, limits moved by its quality lead, and what stands on the pages."""

import re
from typing import Any

from sqlmodel import col, select

from app.clinical.bench_figures import BenchFigures
from app.clinical.rules import RuleId
from app.records.audit import AuditEntry
from app.records.engine import enter_organization
from app.records.flags import Flag
from app.records.rule_settings import RuleBench, RuleSetting, newest_bench
from app.workflow import rehearse as rehearsing
from tests.support.clinic import Clinic
from tests.support.lists import GOES_BADLY, GOES_WELL, came, plain, use_curve

STOOD_STILL = [180, 180, 185, 180, 185, 180, 180]
REASON = "Vi rekker ikke over så mange merker."


def rehearse(clinic: Clinic) -> bool:
    """Try the rules on the clinic's courses, and keep the figures if there is news."""
    return rehearsing.keep(
        clinic.database,
        org_id=clinic.quality_lead.org_id,
        registry=clinic.registry,
        now=clinic.clock.now,
        invented_patients=5,
    )


def kept_bench(clinic: Clinic) -> RuleBench:
    """Return the bench that was made last."""
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        found = newest_bench(db, org_id=clinic.quality_lead.org_id)
    if found is None:
        raise LookupError("no bench")
    return found


def move_form(clinic: Clinic, **changed: str) -> dict[str, str]:
    """Return what the page of a rule would send, with what it says of the rule now."""
    page = clinic.client(clinic.quality_lead).get(f"/rules/{changed['rule']}").text
    version = re.search(r"name=\"version\" value=\"(\d+)\"", page)
    form = {"version": version[1] if version else "1", "bench": str(kept_bench(clinic).id)}
    return {**form, "reason": REASON, **changed}


def move(clinic: Clinic, **changed: str) -> Any:  # noqa: ANN401 - the client's own type
    """Let the quality lead move a limit: ``move(clinic, rule=…, parameter=…, value=…)``."""
    form = move_form(clinic, **changed)
    rule = form.pop("rule")
    return clinic.client(clinic.quality_lead).post(f"/rules/{rule}", data=form)


def with_moved_rule(clinic: Clinic) -> None:
    """Let the rules have been tried, a limit been moved, and the rules been tried again."""
    rehearse(clinic)
    move(clinic, rule="no_change", parameter="first_look", value="8")
    rehearse(clinic)


def own_figures(clinic: Clinic) -> BenchFigures:
    """Return what the clinic's own courses give now."""
    return rehearsing.on_history(
        clinic.database,
        org_id=clinic.quality_lead.org_id,
        registry=clinic.registry,
        now=clinic.clock.now,
    ).figures


def page(clinic: Clinic, address: str = "/rules") -> str:
    return clinic.client(clinic.quality_lead).get(address).text


def rows(markup: str, *, after: str) -> dict[str, list[str]]:
    """Return the cells of the first table after a piece of the page, by the row's name."""
    table = markup[markup.index(after) :]
    body = table[table.index("<tbody>") : table.index("</tbody>")]
    found = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', body, re.DOTALL)
    return {
        plain(name): [plain(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", rest, re.DOTALL)]
        for name, rest in found
    }


def settings(clinic: Clinic) -> list[RuleSetting]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        return list(db.execute(select(RuleSetting).order_by(col(RuleSetting.sequence))).scalars())


def log(clinic: Clinic, action: str) -> list[AuditEntry]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        every = db.execute(select(AuditEntry).order_by(col(AuditEntry.sequence))).scalars()
        return [entry for entry in every if entry.action == action]


def flags(clinic: Clinic, rule: RuleId) -> list[Flag]:
    with clinic.database.reading() as db:
        enter_organization(db, org_id=clinic.quality_lead.org_id)
        return [one for one in db.execute(select(Flag)).scalars() if one.rule is rule]


def fill(clinic: Clinic, *, badly: int = 0, well: int = 0, still: int = 0) -> None:
    use_curve(clinic)
    for scores, number in ((GOES_BADLY, badly), (GOES_WELL, well), (STOOD_STILL, still)):
        for at in range(number):
            came(clinic, f"Oppdiktet {len(scores)} {at}", scores)


def close(clinic: Clinic, name: str, scores: list[int]) -> None:
    patient = came(clinic, name, scores)
    form = {"ending": "planned", "agreement": "agreed"}
    address = f"/episodes/{patient.episode_id}/close"
    answer = clinic.client(clinic.clinician).post(address, data=form)
    assert answer.status_code == 303, plain(answer.text)
