"""What ``samklang classify`` prints: the numbers that decided, each client, and the totals."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction

from app.clinical.change_methods import ChangeMethod
from app.clinical.classification import (
    Classification,
    ComputedCutOff,
    Group,
    Origin,
    Used,
    Verdict,
    Wanted,
)
from app.clinical.instruments import Direction
from app.clinical.pair_sums import PairSums
from app.clinical.reliable_change import Category, Side

_CORRELATION_IS_LOW = (
    "the reliability is the correlation of pre and post; it is too low where clients change "
    "differently, and too few then change reliably. Give the published one."
)
_NO_CONTROLS = (
    "HLL compares each client with the mean of all after treatment, so it says nothing about "
    "deterioration without a control group."
)


@dataclass(frozen=True, slots=True)
class Client:
    """A client with both scores."""

    name: str
    pre: Fraction
    post: Fraction


@dataclass(frozen=True, slots=True)
class Excluded:
    """A client that is not judged, and why."""

    client: str
    line: int
    reason: str


def as_json(
    clients: Sequence[Client],
    excluded: Sequence[Excluded],
    *,
    result: Classification,
    wanted: Wanted,
) -> dict[str, object]:
    """Return the whole result as what JSON can hold."""
    return {
        "parameters": _parameters(result, wanted),
        "clients": [
            {
                "client": client.name,
                "change": float(verdict.change),
                "index": verdict.index,
                "category": verdict.category.value,
            }
            for client, verdict in zip(clients, result.verdicts, strict=True)
        ],
        "totals": _totals(result.verdicts),
        "excluded": [asdict(one) for one in excluded],
    }


def as_text(
    clients: Sequence[Client],
    excluded: Sequence[Excluded],
    *,
    result: Classification,
    wanted: Wanted,
) -> str:
    """Return the whole result as tables to read."""
    parameters = _parameters(result, wanted)
    origins = result.used.origins
    lines = [f"{'client':<24} {'pre':>9} {'post':>9} {'change':>9} {'index':>8}  category"]
    lines += [
        f"{_plain(client.name):<24} {float(client.pre):>9g} {float(client.post):>9g} "
        f"{float(verdict.change):>+9g} {verdict.index:>+8.2f}  {verdict.category.value}"
        for client, verdict in zip(clients, result.verdicts, strict=True)
    ]
    lines += ["", f"{'category':<24} {'n':>9} {'percent':>9}"]
    lines += [
        f"{category:<24} {n:>9} {100 * n / len(clients):>9.1f}"
        for category, n in _totals(result.verdicts).items()
    ]
    lines += ["", f"Not judged: {len(excluded)}"]
    lines += [f"  line {one.line}: {_plain(one.client)}, {one.reason}" for one in excluded]
    lines += ["", "Decided by (an index is positive for a client who got better):"]
    lines += [
        f"  {name:<20} {_shown(value)}{_from(origins.get(name))}"
        for name, value in parameters.items()
        if value is not None and name not in {"from", "cautions"}
    ]
    lines += [f"Caution: {caution}" for caution in _cautions(result.used, wanted)]
    return "\n".join(lines)


def _parameters(result: Classification, wanted: Wanted) -> dict[str, object]:
    used = result.used
    precision = used.precision
    is_nk = wanted.method is ChangeMethod.NUNNALLY_KOTSCH
    is_higher = wanted.direction is Direction.HIGHER_IS_BETTER
    found: dict[str, object] = {
        "method": wanted.method.value,
        "direction": "higher" if is_higher else "lower",
        **_described(used.sums),
        "sd": math.sqrt(precision.variance) if precision else None,
        "reliability": float(precision.reliability) if precision else None,
        "reliability_post": float(precision.reliability_after) if precision and is_nk else None,
        "critical": float(used.critical),
        "rci": used.points,
        "rci_counts": None if used.points is None else _counts(wanted),
        "clinical": _group(used.clinical),
        "functional": _group(wanted.functional),
        "cutoff": None if used.cut_off is None else float(used.cut_off.value),
        "cutoff_type": _cut_off_type(wanted),
        "started_clinical": _started(used, result.verdicts),
        "cautions": _cautions(used, wanted),
    }
    found["from"] = {
        name: origin.value for name, origin in used.origins.items() if found.get(name) is not None
    }
    return found


def _described(sums: PairSums) -> dict[str, object]:
    has_spread = sums.n > 1
    return {
        "n": sums.n,
        "mean_pre": float(sums.mean_before),
        "sd_pre": math.sqrt(sums.variance_before) if has_spread else None,
        "mean_post": float(sums.mean_after),
        "sd_post": math.sqrt(sums.variance_after) if has_spread else None,
    }


def _counts(wanted: Wanted) -> str:
    return "beyond it" if wanted.points is None else "from it on"


def _group(group: Group | None) -> list[float] | None:
    return None if group is None else [float(group.mean), float(group.sd)]


def _cut_off_type(wanted: Wanted) -> str:
    match wanted.cut_off:
        case None:
            return "none"
        case Fraction():
            return "number"
        case ComputedCutOff() as kind:
            return kind.value


def _started(used: Used, verdicts: Sequence[Verdict]) -> int | None:
    """Return how many could recover at all: who began on the clinical side."""
    if used.cut_off is None:
        return None
    return sum(verdict.started is Side.CLINICAL for verdict in verdicts)


def _cautions(used: Used, wanted: Wanted) -> list[str]:
    found = []
    if used.origins.get("reliability") is Origin.PAIRS:
        found.append(_CORRELATION_IS_LOW)
    if wanted.method is ChangeMethod.HSU_LINN_LORD and wanted.points is None:
        found.append(_NO_CONTROLS)
    return found


def _totals(verdicts: Sequence[Verdict]) -> dict[str, int]:
    counted = Counter(verdict.category for verdict in verdicts)
    return {category.value: counted[category] for category in Category}


def _plain(name: str) -> str:
    """Return a name that cannot move the cursor of whoever reads the table."""
    return "".join(letter if letter.isprintable() else "?" for letter in name[:24])


def _shown(value: object) -> str:
    match value:
        case float():
            return f"{value:.6g}"
        case list():
            return ", ".join(_shown(one) for one in value)
        case _:
            return str(value)


def _from(origin: Origin | None) -> str:
    return "" if origin is None else f"  ({origin.value})"
