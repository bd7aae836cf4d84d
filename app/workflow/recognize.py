"""Recognize every instrument and every rule that is used here, before anything is served."""

from app.instruments import Registry
from app.records import organizations, rule_settings
from app.records.engine import Database, enter_organization


class LostInstrumentError(RuntimeError):
    """Courses of treatment name instruments whose definition is gone."""

    def __init__(self, *, keys: tuple[str, ...]) -> None:
        self.keys = keys
        super().__init__(
            f"patients are followed with {', '.join(keys)}, and no definition of that is here: "
            "put the TOML files back into the folder instruments of the data folder"
        )


def check_instruments(database: Database, registry: Registry) -> None:
    """Raise unless there is a definition for every instrument that a course or rating names."""
    in_use: set[str] = set()
    with database.reading() as db:
        org_ids = [one.id for one in organizations.every_one(db)]
    for org_id in org_ids:
        with database.reading() as db:
            enter_organization(db, org_id=org_id)
            in_use |= organizations.instruments_in_use(db, org_id=org_id)
    lost = in_use - set(registry.instruments)
    if lost:
        raise LostInstrumentError(keys=tuple(sorted(lost)))


def check_rules(database: Database) -> None:
    """Raise unless every edition of a rule that an organization has set can be used."""
    with database.reading() as db:
        org_ids = [one.id for one in organizations.every_one(db)]
    for org_id in org_ids:
        with database.reading() as db:
            enter_organization(db, org_id=org_id)
            rule_settings.read_editions(rule_settings.at_site(db, org_id=org_id).own_rules)
