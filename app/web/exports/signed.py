"""A signed release with the words of one language: all that a file is made from."""

import datetime as dt
from dataclasses import dataclass

from app.web.report_words import ReportWords


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What is written to a file.

    Attributes
    ----------
    id
        Identifier of the release.
    hash
        SHA-256 of the report as it was kept.
    organization
        Whose figures these are.
    signed_at
        When they were signed.
    said
        The report, and what its parts are called.
    """

    id: str
    hash: str
    organization: str
    signed_at: dt.datetime
    said: ReportWords

    @property
    def watermark(self) -> str:
        """The line that says where every copy comes from."""
        return self.said.watermark(release=self.id, hash_=self.hash)
