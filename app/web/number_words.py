"""Every number of a form in words: what it is, where it comes from, how certain it is."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.clinical.curves import ReferenceCurve
from app.clinical.evidence import (
    Boundary,
    CutOff,
    Provenance,
    Quantity,
    ReliabilityKind,
    ReliableChangeValue,
    Tenths,
)
from app.clinical.form_texts import Variant
from app.clinical.instruments import Instrument, Method
from app.clinical.rules import Rule
from app.instruments import Registry
from app.web.course_forms import said
from app.web.flag_words import edition, rule_name
from app.web.source_words import SourceShown, source_shown
from app.web.words import Words

_IN_100 = frozenset({"on_from", "off_below"})
"""Parameters of rules that are probabilities."""

_IN_POINTS = frozenset({"total_drop", "item_drop", "total_range", "item_range"})
"""Parameters of rules that are kept in tenths of a point."""


@dataclass(frozen=True, slots=True)
class NumberShown:
    """One number with its source."""

    term: str
    value: str
    source: SourceShown | None
    certainty: str


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule in force."""

    name: str
    level: str
    edition: str
    parameters: Sequence[str]
    source: SourceShown
    certainty: str


def scoring_of(words: Words, instrument: Instrument) -> Sequence[str]:
    """Return in sentences how answers become a score."""
    scoring = instrument.scoring
    low, high = words.whole(scoring.lowest), words.whole(scoring.highest)
    told = [words("numbers.range", low=low, high=high), _method(words, instrument)]
    turned = [
        str(number) for number, item in enumerate(instrument.items, start=1) if item.is_reversed
    ]
    if turned:
        told.append(words("numbers.reversed", items=", ".join(turned)))
    if scoring.max_missing:
        told.append(words("numbers.some_missing", n=scoring.max_missing))
    else:
        told.append(words("numbers.none_missing"))
    return told


def scoring_sources(words: Words, instrument: Instrument) -> Sequence[NumberShown]:
    """Return where the rule of scoring comes from, and that of missing answers."""
    scoring = instrument.scoring
    found = [_number(words, words("numbers.how_scored"), "", scoring.provenance)]
    if scoring.missing_rule is not None:
        found.append(_number(words, words("numbers.missing_rule"), "", scoring.missing_rule))
    return found


def limits_of(words: Words, instrument: Instrument) -> Sequence[NumberShown]:
    """Return cut-offs, reliable change, bands and critical items; what is lacking is said."""
    found = [_cut_off(words, one) for one in instrument.cut_offs]
    if not found:
        found.append(NumberShown(words("numbers.cut_off"), words("numbers.no_cut_off"), None, ""))
    found.append(_reliable_change(words, instrument.reliable_change))
    found += _bands(words, instrument)
    found += _critical(words, instrument)
    return found


def other_numbers(words: Words, instrument: Instrument) -> Sequence[NumberShown]:
    """Return the numbers that no rule uses."""
    return [_quantity(words, one) for one in instrument.quantities]


def languages_of(words: Words, instrument: Instrument) -> Sequence[str]:
    """Return who stands behind the words in each language, for each variant that has any."""
    variants = [one for one in Variant if one is Variant.ADULT or instrument.offered_languages(one)]
    return [
        words(
            "numbers.language_line",
            language=_language(words, language),
            variant=words(f"patient_page.variant_{variant.value}"),
            origin=words(f"numbers.origin_{origin.value if origin else 'missing'}"),
        )
        for variant in variants
        for language, origin in instrument.language_status(variant).items()
    ]


def installed_texts(words: Words, instrument: Instrument, *, registry: Registry) -> Sequence[str]:
    """Return who has added words to a form, when, from where and on what ground."""
    return [
        words(
            "numbers.installed",
            date=words.date(pack.record.installed_at),
            who=pack.record.installed_by,
            file=pack.record.from_file,
            ground=pack.record.licence_ground,
        )
        for pack in registry.packs
        if pack.instrument == instrument.key
    ]


def curve_parameters(words: Words, curve: ReferenceCurve) -> Sequence[tuple[str, str]]:
    """Return the terms of a curve's formula."""
    numbers = curve.parameters
    return [
        (words(f"numbers.curve_{name}"), signed(words, getattr(numbers, name)))
        for name in numbers.__slots__
    ]


def strata_of(words: Words, curve: ReferenceCurve) -> Sequence[str]:
    """Return a sentence for each age band that has parameters of its own in a curve."""
    return [
        words(
            "numbers.stratum",
            ages=_ages(words, one.ages),
            low=words.tenths(one.lowest_intake),
            high=words.tenths(one.highest_intake),
            first=one.first_session,
            last=one.last_session,
            patients=words("numbers.curve_patients", n=one.n_patients),
        )
        for one in curve.strata
    ]


def _ages(words: Words, ages: tuple[int, int | None]) -> str:
    youngest, oldest = ages
    if oldest is None:
        return words("numbers.ages_from", first=youngest)
    return words("numbers.ages", first=youngest, last=oldest)


def curve_reach(words: Words, curve: ReferenceCurve) -> str:
    """Return for which first scores and sessions a curve holds, and what it was fitted to."""
    told = words(
        "numbers.curve_reach",
        low=words.tenths(curve.lowest_intake),
        high=words.tenths(curve.highest_intake),
        first=curve.first_session,
        last=curve.last_session,
    )
    if curve.n_patients is None:
        return told
    return f"{told} {words('numbers.curve_patients', n=curve.n_patients)}"


def certainty_of(words: Words, provenance: Provenance) -> str:
    """Return how certain something is, and when its source was read."""
    evidence = words(f"numbers.evidence_{provenance.evidence.value}")
    told = words("numbers.who_says", evidence=evidence, date=words.date(provenance.checked))
    return told[0].upper() + told[1:]


def rules_shown(words: Words, rules: Sequence[Rule]) -> Sequence[RuleShown]:
    """Return the rules in force, each with its numbers and its ground."""
    return [
        RuleShown(
            name=rule_name(words, rule.id),
            level=words(f"flag.level_{rule.level.value}"),
            edition=edition(words, rule.version),
            parameters=parameters(words, rule),
            source=source_shown(words, rule.provenance.source),
            certainty=certainty_of(words, rule.provenance),
        )
        for rule in rules
    ]


def reliable_change_of(words: Words, change: ReliableChangeValue) -> NumberShown:
    """Return a reliable-change value, with what it was computed from."""
    return _reliable_change(words, change)


def signed(words: Words, value: float) -> str:
    """Return a number with two decimals and a true minus sign."""
    text = words.number(abs(value), digits=2)
    return f"\N{MINUS SIGN}{text}" if value < 0 else text


def parameter(words: Words, name: str, value: float) -> str:
    """Return a number of a rule with what it is."""
    if name in _IN_100:
        shown = str(round(100 * value))
    elif name in _IN_POINTS:
        shown = words.whole(round(value))
    else:
        shown = str(value)
    return words(f"numbers.param_{name}", value=shown)


def parameters(words: Words, rule: Rule) -> Sequence[str]:
    """Return all numbers of a rule."""
    return [parameter(words, name, value) for name, value in rule.parameters.items()]


def _method(words: Words, instrument: Instrument) -> str:
    scoring = instrument.scoring
    match scoring.method:
        case Method.MEAN:
            return words("numbers.scoring_mean")
        case Method.SUM if scoring.factor != 1:
            return words("numbers.scoring_sum_factor", factor=scoring.factor)
        case Method.SUM:
            return words("numbers.scoring_sum")


def _number(words: Words, term: str, value: str, provenance: Provenance) -> NumberShown:
    return NumberShown(
        term, value, source_shown(words, provenance.source), certainty_of(words, provenance)
    )


def _cut_off(words: Words, one: CutOff) -> NumberShown:
    term = words("numbers.cut_off")
    if one.label is not None:
        term = words("numbers.cut_off_other", label=said(words, one.label))
    parts = [
        words("numbers.value_of", value=words.whole(one.value)),
        _boundary(words, one.boundary),
    ]
    if not one.is_default:
        parts.append(words("numbers.not_used"))
    return _number(words, term, ", ".join(parts), one.provenance)


def _boundary(words: Words, boundary: Boundary) -> str:
    return words(f"numbers.{boundary.value}")


def _reliable_change(words: Words, change: ReliableChangeValue | None) -> NumberShown:
    term = words("numbers.reliable_change")
    if change is None:
        return NumberShown(term, words("numbers.no_reliable_change"), None, "")
    value = words("numbers.value_of", value=words.whole(change.value))
    told = f"{value}, {_boundary(words, change.boundary)}."
    if change.sd is not None and change.reliability is not None and change.critical is not None:
        kind = change.reliability_kind or ReliabilityKind.ALPHA
        told += " " + words(
            "numbers.reliable_change_from",
            sd=words.whole(change.sd),
            reliability=words.number(change.reliability, digits=2),
            kind=words(f"numbers.reliability_{kind.value.replace('-', '_')}"),
            critical=words.number(change.critical, digits=2),
        )
    if change.sample_size is not None:
        told += " " + words("numbers.sample_size", n=change.sample_size)
    return _number(words, term, told, change.provenance)


def _bands(words: Words, instrument: Instrument) -> Iterator[NumberShown]:
    """Yield the bands, those from one source together."""
    term = words("numbers.bands")
    for provenance, bands in itertools.groupby(instrument.bands, key=lambda band: band.provenance):
        named = [f"{said(words, band.label)} {_from(words, band.lowest)}" for band in bands]
        yield _number(words, term, ", ".join(named), provenance)


def _from(words: Words, lowest: Tenths) -> str:
    return words("numbers.band_from", score=words.whole(lowest))


def _critical(words: Words, instrument: Instrument) -> Iterator[NumberShown]:
    order = [item.key for item in instrument.items]
    for one in instrument.critical_items:
        value = words(
            "numbers.critical_item",
            number=order.index(one.item) + 1,
            answer=words.whole(one.at_least),
        )
        yield _number(words, words("numbers.critical_items"), value, one.provenance)


def _quantity(words: Words, one: Quantity) -> NumberShown:
    if one.points is not None:
        digits = max(0, -int(one.points.as_tuple().exponent))
        value = words.number(float(one.points), digits=digits)
    else:
        value = words.number(one.ratio or 0, digits=2)
    if one.sample_size is not None:
        value = f"{value} ({words('numbers.sample_size', n=one.sample_size)})"
    return _number(words, said(words, one.label), value, one.provenance)


def _language(words: Words, language: str) -> str:
    known = {"nb", "nn", "en"}
    return words(f"common.language_{language}") if language in known else language
