"""What a command has said, and an installation changed behind its back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlcipher3 import dbapi2 as sqlcipher

HISTORY = "client,week,score\n101,0,26\n101,1,22\n102,0,30\n"


@dataclass(frozen=True, slots=True)
class Said:
    """What a command has said, and its status."""

    status: int
    out: str
    err: str

    @property
    def trouble(self) -> str:
        """The one sentence about what went wrong."""
        assert self.status == 2, self.out + self.err
        assert "Traceback" not in self.err
        return self.err.removeprefix("samklang: ").strip()


Run = Callable[..., Said]


def edit(house: Path, *statements: str) -> None:
    """Change the database behind the program's back."""
    key = (house / "keys" / "database.key").read_text()
    connection = sqlcipher.connect(str(house / "samklang.db"))
    connection.execute(f"PRAGMA key = \"x'{key}'\"")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def imports(team: Run, house: Path, *more: str, text: str = HISTORY, named: str = "Voksen") -> Said:
    file = house / "history.csv"
    file.write_text(text, encoding="utf-8")
    return team(
        "import",
        "scores",
        str(file),
        "--instrument=hamilton",
        "--organization=Solvik kommune",
        f"--team={named}",
        "--clinician=kari@solvik.example",
        *more,
    )
