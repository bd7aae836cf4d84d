import json
from pathlib import Path

import pytest

import locks
from tests.architecture.house import HOUSE

LOCK = locks.LOCKS[0]
RANGES = ["alembic>=1.20.1,<2"]
PIN = "alembic==1.20.1 \\\n    --hash=sha256:" + "0" * 64 + "\n"
STAMP = f"# dependencies sha256: {locks.digest(RANGES)}\n"


def test_the_lock_files_are_in_step() -> None:
    assert locks.problems(HOUSE) == []


def test_a_lock_made_from_these_ranges_is_in_step() -> None:
    assert locks.problems_in(STAMP + PIN, lock=LOCK, ranges=RANGES) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (PIN, "was not made from the ranges"),
        (STAMP + PIN + PIN, "pins alembic 2 times"),
        (STAMP + PIN + PIN.replace("alembic", "Alembic"), "pins alembic 2 times"),
        (STAMP + "alembic==1.20.1\n", "has no hash for alembic"),
        (STAMP + "--index-url something\n" + PIN, "holds an address"),
        (
            STAMP + PIN.replace("alembic==1.20.1", "alembic @ " + "https:" + "//elsewhere"),
            "holds an address",
        ),
    ],
)
def test_a_lock_that_cannot_be_trusted_is_noticed(text: str, complaint: str) -> None:
    (found,) = locks.problems_in(text, lock=LOCK, ranges=RANGES)

    assert complaint in found


def test_a_new_range_in_pyproject_is_noticed() -> None:
    (found,) = locks.problems_in(STAMP + PIN, lock=LOCK, ranges=[*RANGES, "babel>=2,<3"])

    assert "was not made from the ranges" in found


def test_two_locks_with_two_versions_of_one_package_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(PIN, encoding="utf-8")
    newer = PIN.replace("1.20.1", "1.21.0")
    (tmp_path / "requirements-dev.lock").write_text(newer, encoding="utf-8")

    (found,) = locks.disagreements(tmp_path)

    assert found.startswith("alembic is 1.20.1 in requirements.lock and 1.21.0")


def test_a_front_end_package_with_an_address_or_without_a_hash_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "package-lock.json"
    packages = {"": {}, "node_modules/vite": {"resolved": "somewhere", "version": "8.3.8"}}
    path.write_text(json.dumps({"packages": packages}), encoding="utf-8")

    found = locks.npm_problems(path)

    assert found == [
        "package-lock.json: node_modules/vite holds an address",
        "package-lock.json: node_modules/vite has no hash",
    ]


def test_a_front_end_package_for_another_machine_that_was_left_out_is_noticed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "package-lock.json"
    vite = {"integrity": "sha512-x", "optionalDependencies": {"vite-for-mac": "8.3.8"}}
    path.write_text(json.dumps({"packages": {"node_modules/vite": vite}}), encoding="utf-8")

    (found,) = locks.npm_problems(path)

    assert "wants vite-for-mac, which is not locked" in found
