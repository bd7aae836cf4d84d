"""A wrong definition stops the start, and says which file, which field, and what is allowed."""

from pathlib import Path

import pytest

from app.clinical.instruments import LicenceClass
from app.instruments import LARGEST_FILE, InstrumentFileError, load_registry
from app.instruments.registry import read_definition

RIGHT = """
key = "weather"
version = 1
name = "Weather inside"
purpose = "outcome"
direction = "lower_is_better"
window_days = 7
items = [
  { key = "rain", lowest = 0, highest = 30, codes = [0, 10, 20, 30], subscale = "wet" },
  { key = "sun", lowest = 0, highest = 30, codes = [0, 10, 20, 30], is_reversed = true },
  { key = "storm", lowest = 0, highest = 30, codes = [0, 10, 20, 30], subscale = "wet" },
]
notes = ["Invented for tests"]

[scoring]
method = "sum"
max_missing = 1
step = 10
lowest = 0
highest = 90
subscales = ["wet"]
subscale_labels = { wet = "Wetness" }
provenance = { source = "Invented", evidence = "convention", checked = 2026-11-21 }

[licence]
licence_class = "local"
owner = "The site"
terms = "Our own"
source = "Written here"
checked = 2026-11-21

[[cut_offs]]
value = 40
boundary = "inclusive"
provenance = { source = "Invented", evidence = "published", checked = 2026-11-21 }

[reliable_change]
value = 28
boundary = "strict"
sd = 20
reliability = 0.75
reliability_kind = "alpha"
critical = 1.96
provenance = { source = "Computed", evidence = "computed", checked = 2026-11-21 }

[[bands]]
name = "wet"
label = "Wet"
lowest = 20
provenance = { source = "Invented", evidence = "published", checked = 2026-11-21 }

[[bands]]
name = "soaked"
label = "Soaked"
lowest = 50
provenance = { source = "Invented", evidence = "published", checked = 2026-11-21 }

[[critical_items]]
item = "storm"
at_least = 20
provenance = { source = "Invented", evidence = "convention", checked = 2026-11-21 }

[[quantities]]
name = "alpha"
label = "Alpha"
ratio = 0.75
provenance = { source = "Invented", evidence = "published", checked = 2026-11-21 }

[[texts]]
language = "en"
variant = "adult"
origin = "site"
heading = "The weather inside you"
[texts.items]
rain = { title = "It rained" }
sun = { title = "The sun shone" }
storm = { title = "It blew" }
[texts.answers]
"0" = "Never"
"10" = "Now and then"
"20" = "Often"
"30" = "Always"
"""

ANOTHER_TEXT = RIGHT[RIGHT.index("[[texts]]") :]


def site_with(folder: Path, definition: str, *, name: str = "weather.toml") -> Path:
    """Return a data folder that holds one definition."""
    (folder / "instruments").mkdir()
    (folder / "instruments" / name).write_text(definition, encoding="utf-8")
    return folder


def refusal(folder: Path, definition: str, *, name: str = "weather.toml") -> InstrumentFileError:
    """Return what is said about a wrong definition."""
    with pytest.raises(InstrumentFileError) as refused:
        load_registry(site_folder=site_with(folder, definition, name=name))
    return refused.value


def test_a_sites_own_definition_is_taken_in_beside_the_shipped_ones(tmp_path: Path) -> None:
    registry = load_registry(site_folder=site_with(tmp_path, RIGHT))

    assert registry.get("weather").name.en == "Weather inside"
    assert registry.get("phq-9").key == "phq-9"
    assert list(registry.instruments)[-1] == "weather"


def test_a_site_without_files_of_its_own_has_the_shipped_instruments(tmp_path: Path) -> None:
    assert load_registry(site_folder=tmp_path) == load_registry(site_folder=None)


@pytest.mark.parametrize(
    ("right", "wrong", "field", "said"),
    [
        ('key = "sun"', 'key = "rain"', "items", "'rain' is given twice"),
        ('key = "sun"', 'key = "Sun"', "items.1.key", "'Sun'"),
        ('key = "weather"', 'key = "wether"', "key", "'weather', as the file is named"),
        ('key = "weather"', "", "key", "field required"),
        ("version = 1", "version = 0", "version", "'0'"),
        ("version = 1", 'version = "one"', "version", "'one'"),
        ("version = 1", "version = 1\nscorring = 2", "scorring", "app/instruments/README.md"),
        ('"outcome"', '"outcomes"', "purpose", "'outcomes'"),
        ('"lower_is_better"', '"downwards"', "direction", "'downwards'"),
        ('"lower_is_better"', '"lower_is_better"\nitems = []', "", "well-formed TOML"),
        ('"sum"', '"median"', "scoring.method", "'sum' or 'mean'"),
        ("lowest = 0\nhighest = 90", "lowest = 0\nhighest = 80", "scoring.highest", "90"),
        ("lowest = 0\nhighest = 90", "lowest = 10\nhighest = 90", "scoring.lowest", "is 10"),
        ("step = 10", "step = 7", "scoring.step", "whole part of 90"),
        ("max_missing = 1", "max_missing = 3", "scoring.max_missing", "less than 3 items"),
        ('subscales = ["wet"]', "", "scoring.subscales", "['wet']"),
        ("{ wet =", "{ dry =", "scoring.subscale_labels", "['wet']"),
        ('subscales = ["wet"]', 'subscales = ["wet", "dry"]', "scoring.subscales", "same names"),
        ("lowest = 0, highest = 30, codes = [0, 10", "lowest = 30, highest = 30, codes = [0, 10",
         "items.0", "lowest is 30, highest is 30"),
        ("[0, 10, 20, 30], is_rev", "[0, 20, 10, 30], is_rev", "items.1", "codes must rise"),
        ("[0, 10, 20, 30], is_rev", "[0, 10, 20], is_rev", "items.1", "codes must rise"),
        ("lowest = 0, highest = 30, codes = [0, 10", "lowest = 0.5, highest = 30, codes = [0, 10",
         "items.0.lowest", "'0.5'"),
        ("value = 40", "value = 91", "cut_offs[clinical].value", "from 0 to 90"),
        ('value = 40\nboundary = "inclusive"', 'value = 40\nboundary = "soft"',
         "cut_offs.0.boundary", "'inclusive' or 'strict'"),
        ('"published", checked = 2026-11-21 }\n\n[rel', '"published" }\n\n[rel',
         "cut_offs.0.provenance.checked", "field required"),
        ('evidence = "published", checked = 2026-11-21 }\n\n[reliable_change]',
         'evidence = "unverified", checked = 2026-11-21 }\n\n[reliable_change]',
         "cut_offs[clinical].is_default", "false"),
        ('evidence = "published", checked = 2026-11-21 }\n\n[reliable_change]',
         'evidence = "computed", checked = 2026-11-21 }\n\n[reliable_change]',
         "cut_offs[clinical].boundary", "strict"),
        ("value = 28", "value = 33", "reliable_change.value", "about 27.7"),
        ("value = 28", "value = 120", "reliable_change.value", "at most 90"),
        ("value = 28", "value = 0", "reliable_change.value", "greater than 0"),
        ('"strict"', '"inclusive"', "reliable_change.boundary", "strict"),
        ("sd = 20\n", "", "reliable_change", "sd, reliability and critical"),
        ('evidence = "computed"', 'evidence = "unverified"', "reliable_change", "quantities"),
        ("reliability = 0.75", "reliability = 1.75", "reliable_change.reliability", "'1.75'"),
        ("lowest = 50", "lowest = 20", "bands", "rising"),
        ("lowest = 50", "lowest = 95", "bands", "from 0 to 90"),
        ('name = "soaked"', 'name = "wet"', "bands", "'wet' is given twice"),
        ('item = "storm"', 'item = "hail"', "critical_items[hail].item", "rain, sun, storm"),
        ("at_least = 20", "at_least = 40", "critical_items[storm].at_least", "at most 30"),
        ("at_least = 20", "at_least = 0", "critical_items[storm].at_least", "above 0"),
        ('item = "storm"', 'item = "sun"', "critical_items[sun].at_least", "not reversed"),
        ("ratio = 0.75", "ratio = nan", "quantities.0.ratio", "less than or equal to 1"),
        ("ratio = 0.75", "points = inf", "quantities.0.points", "finite"),
        ("ratio = 0.75", "ratio = 75", "quantities.0.ratio", "less than or equal to 1"),
        ('sun = { title = "The sun shone" }\n', "", "texts[en, adult].items", "'sun'"),
        ("storm = { title", 'hail = { title = "It hailed" }\nstorm = { title',
         "texts[en, adult].items", "unknown 'hail'"),
        ('"20" = "Often"\n', "", "texts[en, adult].answers", "'0', '10', '20', '30'"),
        (ANOTHER_TEXT, ANOTHER_TEXT.split("[texts.answers]")[0],
         "texts[en, adult].low_end, high_end", "both ends"),
        (ANOTHER_TEXT, ANOTHER_TEXT + ANOTHER_TEXT, "texts", "'en adult' is given twice"),
        ('language = "en"', 'language = "english"', "texts.0.language", "'english'"),
        ('origin = "site"', 'origin = "ours"', "texts.origin", "'official' or 'site'"),
        ('title = "It blew"', 'title = ""', "texts.0.items.storm.title", "at least 1"),
        ('title = "It blew"', 'title = "It\\u0007blew"', "texts.0", "U+0007"),
        ('licence_class = "local"', 'licence_class = "skeleton"',
         "texts", "without a licence ground"),
        ('licence_class = "local"', 'licence_class = "free"', "licence.licence_class", "'local'"),
        ('owner = "The site"\n', "", "licence.owner", "field required"),
        ("checked = 2026-11-21\n\n[[cut_offs]]", 'checked = "lately"\n\n[[cut_offs]]',
         "licence.checked", "'lately'"),
        ('notes = ["Invented for tests"]', 'notes = [{ nb = "Bare norsk" }]',
         "notes.0.nn", "field required"),
    ],
)  # fmt: skip
def test_a_wrong_definition_is_refused_by_file_field_and_what_is_allowed(
    tmp_path: Path, right: str, wrong: str, field: str, said: str
) -> None:
    assert right in RIGHT

    refused = refusal(tmp_path, RIGHT.replace(right, wrong, 1))

    assert refused.file == "weather.toml"
    assert refused.field == field
    assert said in str(refused)
    assert str(refused).startswith("weather.toml")


def test_a_second_default_cut_off_is_refused(tmp_path: Path) -> None:
    second = '[[cut_offs]]\nvalue = 60\nboundary = "inclusive"\nname = "other"\nprovenance = '
    source = '{ source = "Invented", evidence = "published", checked = 2026-11-21 }\n'

    refused = refusal(tmp_path, RIGHT + second + source)

    assert refused.field == "cut_offs"
    assert refused.allowed == "at most one"


def test_a_sites_own_key_may_not_hide_a_shipped_instrument(tmp_path: Path) -> None:
    refused = refusal(
        tmp_path, RIGHT.replace('key = "weather"', 'key = "phq-9"'), name="phq-9.toml"
    )

    assert refused.field == "key"
    assert "'phq-9' is the key of a shipped instrument" in refused.problem


def test_a_sites_own_definition_has_the_class_local(tmp_path: Path) -> None:
    ours = RIGHT.replace('licence_class = "local"', 'licence_class = "bundled"')

    refused = refusal(tmp_path, ours.replace('origin = "site"', 'origin = "ours"'))

    assert refused.field == "licence.licence_class"
    assert refused.allowed == "'local' in this folder"


def test_a_skeleton_with_item_text_is_refused_even_with_a_licence_ground(tmp_path: Path) -> None:
    path = tmp_path / "weather.toml"
    skeleton = RIGHT.replace('licence_class = "local"', 'licence_class = "skeleton"')
    with_ground = 'origin = "site"\nlicence_ground = "We may"'
    path.write_text(skeleton.replace('origin = "site"', with_ground), encoding="utf-8")

    with pytest.raises(InstrumentFileError, match="a skeleton holds item text"):
        read_definition(path, licence_class=LicenceClass.SKELETON)


def test_a_form_without_counted_items_is_refused(tmp_path: Path) -> None:
    nothing_counts = RIGHT.replace('"wet" },', '"wet", is_counted = false },').replace(
        "is_reversed = true", "is_counted = false"
    )

    assert refusal(tmp_path, nothing_counts).field == "scoring.max_missing"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "field required"),
        (b"\xff\xfekey", "not UTF-8"),
        (b'key = "weather', "well-formed TOML"),
        (b'key = "weather"\n' + b"#" * LARGEST_FILE, f"at most {LARGEST_FILE} bytes"),
        (b"a = " + b"[" * 50_000, "nested too deeply"),
        (b"a" + b".a" * 400_000 + b" = 1", "more than 200 dots"),
        (b"version = " + b"9" * 5_000, "well-formed TOML"),
    ],
    ids=["empty", "utf-16", "torn", "too-large", "nested", "dotted", "endless-number"],
)
def test_a_hostile_or_torn_file_is_refused_with_a_sentence(
    tmp_path: Path, raw: bytes, said: str
) -> None:
    (tmp_path / "instruments").mkdir()
    (tmp_path / "instruments" / "weather.toml").write_bytes(raw)

    with pytest.raises(InstrumentFileError) as refused:
        load_registry(site_folder=tmp_path)

    assert said in str(refused.value)
    assert len(str(refused.value)) < 500


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "instruments" / "weather.toml").mkdir(parents=True)

    with pytest.raises(InstrumentFileError, match=r"weather\.toml: cannot be read"):
        load_registry(site_folder=tmp_path)
