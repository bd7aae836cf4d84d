"""A patient is never shown without the definition of what they are followed with."""

import shutil

import pytest

from app.cli.troubles import KNOWN, sentence
from app.instruments import load_registry
from app.main import create_app
from app.workflow.recognize import LostInstrumentError
from tests.support.clinic import Clinic
from tests.support.shipped import HOUSE


def start(clinic: Clinic) -> None:
    create_app(clinic.settings, database=clinic.database, clock=clinic.clock)


def test_a_start_is_refused_while_a_definition_that_a_course_names_is_gone(clinic: Clinic) -> None:
    folder = clinic.settings.data_dir / "instruments"
    folder.mkdir(parents=True)
    shipped = HOUSE / "app" / "instruments" / "skeleton" / "phq-9.toml"
    shipped_text = shipped.read_text(encoding="utf-8")
    local = folder / "our-own.toml"
    local.write_text(
        shipped_text.replace('"phq-9"', '"our-own"').replace('"skeleton"', '"local"'),
        encoding="utf-8",
    )
    clinic.registry = load_registry(site_folder=clinic.settings.data_dir)
    clinic.enrol(main="our-own")
    start(clinic)
    shutil.move(local, local.with_suffix(".gone"))

    with pytest.raises(LostInstrumentError) as refused:
        start(clinic)

    assert refused.value.keys == ("our-own",)
    assert isinstance(refused.value, KNOWN)
    assert "patients are followed with our-own" in sentence(refused.value)
    shutil.move(local.with_suffix(".gone"), local)
    start(clinic)
