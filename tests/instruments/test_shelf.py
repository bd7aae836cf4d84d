"""A site adds an instrument or words while the program runs; pages find them at once."""

import shutil
from pathlib import Path

import pytest

from app.instruments import InstrumentFileError, Shelf
from tests.support.clinic import Clinic

HAMILTON = Path(__file__).parent.parent / "workflow" / "site" / "instruments" / "hamilton.toml"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "instruments").mkdir()
    return tmp_path / "instruments"


def test_an_instrument_is_found_as_soon_as_its_file_is_there(site: Path) -> None:
    shelf = Shelf(site.parent)
    before = set(shelf.look().instruments)

    shutil.copyfile(HAMILTON, site / "hamilton.toml")

    assert set(shelf.look().instruments) - before == {"hamilton"}


def test_a_wrong_file_is_told_once_and_what_was_there_stays_in_use(site: Path) -> None:
    shutil.copyfile(HAMILTON, site / "hamilton.toml")
    shelf = Shelf(site.parent)
    (site / "hamilton.toml").write_text("key = ", encoding="utf-8")

    with pytest.raises(InstrumentFileError, match=r"hamilton\.toml"):
        shelf.look()

    assert shelf.look().get("hamilton").scoring.highest == 520


def test_patients_keep_their_pages_when_the_file_of_their_instrument_goes(site: Path) -> None:
    shutil.copyfile(HAMILTON, site / "hamilton.toml")
    shelf = Shelf(site.parent)

    (site / "hamilton.toml").unlink()

    assert shelf.look().get("hamilton").key == "hamilton"


def test_a_wrong_file_closes_no_page(clinic: Clinic) -> None:
    client = clinic.client(clinic.clinician)
    folder = clinic.settings.data_dir / "instruments"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hamilton.toml").write_text("key = ", encoding="utf-8")

    assert client.get("/numbers").status_code == 200

    shutil.copyfile(HAMILTON, folder / "hamilton.toml")

    assert client.get("/numbers/hamilton").status_code == 200
