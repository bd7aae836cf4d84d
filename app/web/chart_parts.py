"""The parts of a figure, each drawn by one function."""

from collections.abc import Sequence

from app.web.chart_sheet import (
    ALLIANCE,
    ALLIANCE_TOP,
    BAND50,
    BAND80,
    BAND_TEXT,
    EDGE,
    GREY,
    HAIR,
    INK,
    LEFT_MARGIN,
    LOWEST_PANEL,
    MARK_NEEDS,
    MEDIAN,
    PAPER,
    WIDE_PANEL,
    ZONE,
    ZONE_EDGE,
    ZONE_TEXT,
    Figure,
    Sheet,
    in_two_lines,
    plain,
    points,
    trace,
)
from app.web.pictures import Ahead, Dot, Ring


def draw_zone(sheet: Sheet) -> None:
    zone = sheet.picture.zone
    if zone is None:
        return
    low, high = points(zone.low), points(zone.high)
    across = {"x0": 0.5, "x1": sheet.picture.last_session, "xref": "x", "yref": "y"}
    area = {"type": "rect", "y0": low, "y1": high, "fillcolor": ZONE, "layer": "below"}
    sheet.shapes.append({**area, **across, "line": {"width": 0}})
    for edge in (low, high):
        sheet.rule(edge, color=ZONE_EDGE, dash="solid", width=1, yref="y", layer="below")


def draw_expected(sheet: Sheet) -> None:
    """Shade first, then a pale median; the outer edges survive print in grey and low vision."""
    expected = sheet.picture.expected
    if not expected:
        return
    xs = [point.session for point in expected]
    curved = {"shape": "spline", "smoothing": 0.8}
    edge = {"mode": "lines", "line": {"color": EDGE, "width": 1, **curved}}
    bare = {"mode": "lines", "line": {"width": 0, **curved}}
    trace(sheet, xs, [point.at_10 for point in expected], **edge)
    trace(sheet, xs, [point.at_90 for point in expected], **edge, fill="tonexty", fillcolor=BAND80)
    trace(sheet, xs, [point.at_25 for point in expected], **bare)
    trace(sheet, xs, [point.at_75 for point in expected], **bare, fill="tonexty", fillcolor=BAND50)
    median = {"color": MEDIAN, "width": 1.1, "dash": "3px,4px", **curved}
    trace(sheet, xs, [point.at_50 for point in expected], mode="lines", line=median)


def draw_cut_off(sheet: Sheet) -> None:
    cut_off = sheet.picture.outcome.cut_off
    if cut_off is not None:
        sheet.rule(points(cut_off.value), color=GREY, dash="1px,4px", yref="y")
    if sheet.is_wide:
        _label_right_edge(sheet)
    elif cut_off is not None:
        place = {"x": sheet.picture.last_session, "y": points(cut_off.value)}
        sheet.note(cut_off.label, **place, xref="x", yref="y", xanchor="right", yanchor="bottom")


def _label_right_edge(sheet: Sheet) -> None:
    """Write the labels beside the panel, moved apart where they would overlap."""
    picture = sheet.picture
    wanted: list[tuple[float, str, str]] = []
    if picture.expected:
        last = picture.expected[-1]
        middle = (last.at_75 + last.at_90) / 20
        wanted.append((middle, picture.band_labels[0], BAND_TEXT))
        wanted.append((points(last.at_50), picture.band_labels[1], BAND_TEXT))
    if picture.outcome.cut_off is not None:
        wanted.append((points(picture.outcome.cut_off.value), picture.outcome.cut_off.label, GREY))
    if picture.zone is not None:
        # Inside the panel the line and its numbers would run over it.
        wanted.append((points(picture.zone.low), in_two_lines(picture.zone.label), ZONE_TEXT))
    span = points(picture.outcome.highest - picture.outcome.lowest)
    half_a_line = span * (sheet.size + 4) / (2 * LOWEST_PANEL)
    top_of_last = points(picture.outcome.lowest) - half_a_line
    for y, text, color in sorted(wanted):
        half = half_a_line * (1 + text.count("<br>"))
        place = max(y, top_of_last + half)
        top_of_last = place + half
        at = {"x": 1.01, "y": place, "xref": "paper", "yref": "y"}
        sheet.note(text, **at, xanchor="left", align="left", font={"color": color})


def draw_ahead(sheet: Sheet) -> None:
    ahead, dots = sheet.picture.ahead, sheet.picture.outcome.dots
    if ahead is None or not dots:
        return
    last = dots[-1]
    thin = {"color": INK, "width": 1.2, "dash": "2px,4px"}
    bar = {"color": INK, "width": 2}
    at = ahead.session
    trace(sheet, [last.session, at], [last.value, ahead.mean], mode="lines", line=thin)
    trace(sheet, [at, at], [ahead.low, ahead.high], mode="lines", line=bar)
    marker = {"size": 11, "color": PAPER, "line": {"color": INK, "width": 2}}
    hover = {"text": [plain(ahead.text)], "hoverinfo": "text"}
    trace(sheet, [at], [ahead.mean], mode="markers", marker=marker, cliponaxis=False, **hover)
    if sheet.is_wide:
        text = ahead.label.replace(": ", ":<br>", 1)
        sheet.note(
            text, x=at, xref="x", yref="y", font={"color": INK}, **_beside_ahead(sheet, ahead)
        )


def _beside_ahead(sheet: Sheet, ahead: Ahead) -> Figure:
    """Return where the words about the next score go: beside its bar if there is room."""
    dots, last = sheet.picture.outcome.dots, sheet.picture.last_session
    if (last - ahead.session) / last * WIDE_PANEL >= 6 * sheet.size:
        place = {"y": points(ahead.low), "xanchor": "left", "xshift": 8, "yanchor": "middle"}
        return {**place, "align": "left"}
    # Else above or below it, on the other side than the value of the last score.
    is_above = _side_of_value(sheet, dots[-1]) < 0
    end = {"y": points(ahead.high), "yanchor": "bottom"}
    if not is_above:
        end = {"y": points(ahead.low), "yanchor": "top"}
    return {**end, "xanchor": "right", "xshift": 10, "align": "right"}


def draw_earlier(sheet: Sheet) -> None:
    dots = sheet.picture.earlier
    if dots:
        marker = {"size": 8, "color": PAPER, "line": {"color": GREY, "width": 1.6}}
        line = {"color": HAIR, "width": 2}
        _line(sheet, dots, line=line, marker=marker, yaxis="y")


def draw_outcome(sheet: Sheet) -> None:
    dots = sheet.picture.outcome.dots
    if not dots:
        return
    size = 11 if sheet.is_wide else 9
    marker = {"size": size, "color": INK, "line": {"color": PAPER, "width": 1.6}}
    _line(sheet, dots, line={"color": INK, "width": 3.2}, marker=marker, yaxis="y")
    ends = [dots[0]] if len(dots) == 1 else [dots[0], dots[-1]]
    for dot in ends:
        shift = _side_of_value(sheet, dot) * (sheet.size + 6)
        place = {"x": dot.session, "y": points(dot.value), "xref": "x", "yref": "y"}
        font = {"size": sheet.size + 1, "color": INK, "weight": 700}
        sheet.note(dot.label, **place, yshift=shift, font=font)


def _side_of_value(sheet: Sheet, dot: Dot) -> int:
    """Return on which side of its line the value of an end point is written: 1 is above."""
    rings = [ring for ring in sheet.picture.rings if not ring.is_alliance]
    if any(ring.session == dot.session and ring.value is not None for ring in rings):
        return 1  # the number of the ring stands below
    dots = sheet.picture.outcome.dots
    at = dots.index(dot)
    beside = dots[1] if at == 0 and len(dots) > 1 else dots[max(at - 1, 0)]
    return 1 if dot.value > beside.value else -1


def _line(sheet: Sheet, dots: Sequence[Dot], *, line: Figure, marker: Figure, yaxis: str) -> None:
    trace(
        sheet,
        [dot.session for dot in dots],
        [dot.value for dot in dots],
        mode="lines+markers",
        line=line,
        marker=marker,
        text=[plain(dot.text) for dot in dots],
        hoverinfo="text",
        cliponaxis=False,
        yaxis=yaxis,
    )


def draw_alliance(sheet: Sheet) -> None:
    panel = sheet.picture.alliance
    if panel is None:
        return
    if panel.cut_off is not None:
        sheet.rule(points(panel.cut_off.value), color=GREY, dash="1px,4px", yref="y2")
        place = {"x": 0.62, "y": points(panel.cut_off.value), "xref": "x", "yref": "y2"}
        sheet.note(panel.cut_off.label, **place, xanchor="left", yanchor="bottom")
    if not panel.dots:
        return
    size = 9 if sheet.is_wide else 8
    marker = {"symbol": "square", "size": size, "color": ALLIANCE}
    marker["line"] = {"color": PAPER, "width": 1.4}
    _line(sheet, panel.dots, line={"color": ALLIANCE, "width": 2.6}, marker=marker, yaxis="y2")
    last = panel.dots[-1]
    place = {"x": last.session, "y": points(last.value), "xref": "x", "yref": "y2"}
    font = {"size": sheet.size, "color": ALLIANCE, "weight": 700}
    sheet.note(last.label, **place, xanchor="left", xshift=11, font=font)


def draw_rings(sheet: Sheet) -> None:
    """Draw a ring on the point and its number below; several on one point stand side by side."""
    taken: dict[tuple[int, bool, bool], int] = {}
    for ring in sheet.picture.rings:
        place = (ring.session, ring.is_alliance, ring.value is None)
        beside = taken.get(place, 0)
        taken[place] = beside + 1
        if ring.value is not None and beside == 0:
            symbol = "square-open" if ring.is_alliance else "circle-open"
            marker = {"symbol": symbol, "size": 21, "color": sheet.tone, "line": {"width": 2.4}}
            yaxis = "y2" if ring.is_alliance else "y"
            at = [ring.session], [ring.value]
            trace(sheet, *at, mode="markers", marker=marker, yaxis=yaxis, cliponaxis=False)
        _number(sheet, ring, beside=beside)


def _number(sheet: Sheet, ring: Ring, *, beside: int) -> None:
    panel = sheet.picture.alliance if ring.is_alliance else sheet.picture.outcome
    lowest = panel.lowest if panel else 0
    highest = panel.highest if panel else 0
    value = lowest if ring.value is None else ring.value
    is_low = value - lowest < (highest - lowest) * (0.5 if ring.is_alliance else 0.16)
    shift = 26 if is_low else -26
    filled = {"color": PAPER}, sheet.tone
    outlined = {"color": sheet.tone}, PAPER
    font, ground = outlined if ring.is_reviewed else filled
    sheet.note(
        str(ring.number),
        x=ring.session,
        y=points(value),
        xref="x",
        yref="y2" if ring.is_alliance else "y",
        xshift=24 * beside,
        yshift=12 if ring.value is None else shift,
        font={"size": sheet.size, "weight": 700, **font},
        bgcolor=ground,
        bordercolor=sheet.tone,
        borderwidth=1.6,
        borderpad=2,
        width=15 if sheet.size < 17 else 18,  # noqa: PLR2004 (wider for larger text)
        height=17 if sheet.size < 17 else 20,  # noqa: PLR2004 (as above)
        align="center",
    )


def draw_marks(sheet: Sheet) -> None:
    """Write the marks at the foot; a mark that stands close before the next has no text."""
    marks = sheet.picture.marks
    lowest = points(sheet.picture.outcome.lowest)
    for at, mark in enumerate(marks):
        after = marks[at + 1].session if at + 1 < len(marks) else sheet.picture.last_session + 1
        has_room = sheet.is_wide and after - mark.session >= MARK_NEEDS
        text = f"▲ {mark.text}" if has_room else "▲"
        place = {"x": mark.session, "y": lowest, "xref": "x", "yref": "y", "yshift": 1}
        anchor = {"xanchor": "left", "xshift": -6} if has_room else {"xanchor": "center"}
        sheet.note(text, **place, **anchor, yanchor="bottom")


def draw_titles(sheet: Sheet) -> None:
    picture = sheet.picture
    head = {"xref": "paper", "x": 0, "xanchor": "left", "yanchor": "bottom", "yref": "paper"}
    bold = {"size": sheet.size, "weight": 700}
    left = {**head, "xshift": -LEFT_MARGIN + 4}
    if not picture.is_small:
        sheet.note(picture.outcome.title, **left, y=1.0, yshift=8, font={**bold, "color": INK})
        # Texts beside each other on one line: the second keeps clear of the first by its length.
        width = round(len(picture.outcome.title) * sheet.size * 0.58) + 20
        beside = {**head, "xshift": width - LEFT_MARGIN}
        sheet.note(picture.outcome.direction, **beside, y=1.0, yshift=8, font={"size": sheet.size})
    if picture.alliance is not None:
        font = {**bold, "color": ALLIANCE}
        sheet.note(picture.alliance.title, **left, y=ALLIANCE_TOP, yshift=6, font=font)
    for session, day in picture.dates.items():
        under = {"x": session, "xref": "x", "y": 0, "yref": "paper", "yanchor": "top"}
        sheet.note(day, **under, yshift=-12 - sheet.size)
