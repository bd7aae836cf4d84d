"""What was printed of the log on an earlier day is compared with the log of today."""

from pathlib import Path

import pytest

from tests.support.commands import Run, edit, imports


def test_a_log_that_went_on_is_whole_beside_its_earlier_head(team: Run, house: Path) -> None:
    kept = house.parent / "heads.txt"
    kept.write_text(team("audit", "head").out, encoding="utf-8")
    imports(team, house, "--start=2026-08-03", "--apply")

    said = team("audit", "verify", f"--against={kept}")

    assert said.status == 0, said.err
    assert "entries fit, whole" in said.out
    assert team("audit", "head").out != kept.read_text(encoding="utf-8")


def test_entries_that_were_taken_off_the_end_are_missed(team: Run, house: Path) -> None:
    kept = house.parent / "heads.txt"
    kept.write_text(team("audit", "head").out, encoding="utf-8")
    edit(
        house,
        "DROP TRIGGER audit_entry_no_delete",
        "DELETE FROM audit_entry WHERE sequence = (SELECT max(sequence) FROM audit_entry)",
    )

    alone = team("audit", "verify")
    beside_it = team("audit", "verify", f"--against={kept}")

    assert (alone.status, beside_it.status) == (0, 1)
    assert "missing at entry" in beside_it.out


@pytest.mark.parametrize("content", ["Solvik 7 abc", "1 7", f"1 x {'0' * 64}"])
def test_a_file_with_no_head_in_it_is_refused(team: Run, house: Path, content: str) -> None:
    kept = house.parent / "heads.txt"
    kept.write_text(f"1 1 {'0' * 64}\n{content}\n", encoding="utf-8")

    said = team("audit", "verify", f"--against={kept}")

    assert said.trouble.startswith("line 2 of heads.txt is not organization, number and hash")
    assert "samklang audit head" in said.trouble
