"""Packs are installed with their record and change no word."""

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest

from app.clinical.form_texts import TextOrigin, Variant
from app.instruments import (
    InstrumentFileError,
    PackRecordError,
    install_text_pack,
    load_registry,
    parse_text_pack,
)
from tests.support.packs import (
    GAD_7,
    GROUND,
    MORNING,
    as_file,
    install,
    questionnaire,
    text_in_use,
    toml_pack,
)


def test_an_installed_pack_is_offered_and_says_who_when_whence_and_why(tmp_path: Path) -> None:
    path = install(tmp_path, parse_text_pack(GAD_7, toml_pack(), "folder/sea.toml"))

    registry = load_registry(site_folder=tmp_path)

    form = registry.get("gad-7")
    text = text_in_use(registry)
    assert form.offered_languages(Variant.ADULT) == ("en",)
    assert form.language_status(Variant.ADULT) == {
        "nb": None,
        "nn": None,
        "en": TextOrigin.SITE,
    }
    assert text is not None
    assert text.licence_ground == GROUND
    (pack,) = registry.packs
    assert pack.record.installed_by == "Administrator"
    assert pack.record.installed_at == MORNING
    assert pack.record.from_file == "sea.toml"
    assert pack.record.licence_ground == GROUND
    assert path.parent == tmp_path / "texts"


def test_installing_changes_no_word(tmp_path: Path) -> None:
    (text,) = parse_text_pack(GAD_7, as_file(questionnaire()), "sea.json")

    install(tmp_path, (text,))

    installed = text_in_use(load_registry(site_folder=tmp_path))
    assert installed is not None
    assert installed.version == text.version


def test_newer_words_are_used_and_older_ones_are_still_found(tmp_path: Path) -> None:
    (older,) = parse_text_pack(GAD_7, toml_pack(heading="The old sea"), "sea.toml")
    (newer,) = parse_text_pack(GAD_7, toml_pack(heading="The new sea"), "sea.toml")
    install(tmp_path, (newer,), at=MORNING + dt.timedelta(days=30))
    install(tmp_path, (older,), at=MORNING)

    registry = load_registry(site_folder=tmp_path)

    in_use = text_in_use(registry)
    stored_with_answer = registry.text_of_version("gad-7", older.version)
    assert in_use is not None
    assert in_use.heading == "The new sea"
    assert stored_with_answer is not None
    assert stored_with_answer.heading == "The old sea"


def test_one_pack_may_add_a_language_beside_another(tmp_path: Path) -> None:
    install(tmp_path, parse_text_pack(GAD_7, toml_pack(language="en"), "sea.toml"))
    install(tmp_path, parse_text_pack(GAD_7, toml_pack(language="uk"), "sea.toml"))

    form = load_registry(site_folder=tmp_path).get("gad-7")

    assert form.offered_languages(Variant.ADULT) == ("en", "uk")


def test_only_the_service_can_read_the_installed_words(tmp_path: Path) -> None:
    path = install(tmp_path, parse_text_pack(GAD_7, toml_pack(), "sea.toml"))

    assert path.stat().st_mode & 0o077 == 0
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)

    with pytest.raises(OSError, match="No space"):
        install(tmp_path, parse_text_pack(GAD_7, toml_pack(), "sea.toml"))

    assert list((tmp_path / "texts").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"by": " "}, "by"),
        ({"licence_ground": ""}, "licence_ground"),
        ({"at": MORNING.replace(tzinfo=None)}, "at"),
    ],
)
def test_a_pack_is_not_installed_without_its_record(
    tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    record: dict[str, Any] = {
        "by": "Administrator",
        "at": MORNING,
        "from_file": "sea.toml",
        "licence_ground": GROUND,
    }

    with pytest.raises(PackRecordError) as refused:
        install_text_pack(
            tmp_path,
            GAD_7,
            parse_text_pack(GAD_7, toml_pack(), "sea.toml"),
            **(record | change),
        )

    assert refused.value.field == field
    assert not (tmp_path / "texts").exists()


@pytest.mark.parametrize(
    ("right", "wrong", "field"),
    [
        ('instrument = "gad-7"', 'instrument = "gad-9"', "instrument"),
        ('licence_ground = "', 'ground = "', "record.licence_ground"),
        ('installed_by = "Administrator"\n', "", "record.installed_by"),
        ('title = "Wave number 7"', 'titel = "Wave number 7"', "texts.0.items.q7.title"),
        ('10 = "Small waves"', '15 = "Small waves"', "texts[en, adult].answers"),
    ],
)
def test_an_installed_pack_that_was_spoiled_by_hand_stops_the_start(
    tmp_path: Path, right: str, wrong: str, field: str
) -> None:
    path = install(tmp_path, parse_text_pack(GAD_7, toml_pack(), "sea.toml"))
    content = path.read_text(encoding="utf-8")
    assert right in content
    path.write_text(content.replace(right, wrong, 1), encoding="utf-8")

    with pytest.raises(InstrumentFileError) as refused:
        load_registry(site_folder=tmp_path)

    assert refused.value.file == path.name
    assert refused.value.field == field


def test_the_stored_pack_is_plain_toml_that_people_can_read(tmp_path: Path) -> None:
    path = install(tmp_path, parse_text_pack(GAD_7, toml_pack(), "sea.toml"))

    content = tomllib.loads(path.read_text(encoding="utf-8"))

    assert set(content) == {"instrument", "record", "texts"}
    assert content["record"]["installed_at"] == MORNING
    assert content["texts"][0]["items"]["q1"] == {"title": "Wave number 1"}
