"""One typed table for statistics programs; where it comes from stands in the file's own notes."""

import io
from typing import Final

import polars as pl

from app.web.exports.signed import Signed
from app.web.report_tables import ALL_COLUMNS, count_rows, figure_rows

_TYPES: Final = {
    **dict.fromkeys(ALL_COLUMNS, pl.String),
    "first": pl.Date,
    "last": pl.Date,
    "n": pl.Int64,
    **dict.fromkeys(("value", "low", "high", "worst", "best"), pl.Float64),
}


def write(signed: Signed) -> bytes:
    """Return a release as Parquet. Texts are as they are: nothing works out a cell here."""
    rows = [
        *figure_rows(signed.said, release=signed.id),
        *count_rows(signed.said, release=signed.id),
    ]
    table = pl.DataFrame(
        [row.of(ALL_COLUMNS) for row in rows],
        schema={name: _TYPES[name] for name in ALL_COLUMNS},
        orient="row",
    )
    content = io.BytesIO()
    notes = {"samklang.watermark": signed.watermark, "samklang.sha256": signed.hash}
    table.write_parquet(content, metadata=notes)
    return content.getvalue()
