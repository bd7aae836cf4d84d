"""What docker-compose.yml sets is what the program knows: an unknown setting stops its start."""

import re

from app.config import Settings
from tests.architecture.house import HOUSE

COMPOSE = (HOUSE / "docker-compose.yml").read_text(encoding="utf-8")


def test_every_setting_in_the_compose_file_is_one_the_program_knows() -> None:
    known = {f"SAMKLANG_{name.upper()}" for name in Settings.model_fields}

    named = set(re.findall(r"^\s+(SAMKLANG_[A-Z_]+):", COMPOSE, re.MULTILINE))

    assert named
    assert named <= known


def test_both_roles_reach_the_database_encrypted_and_check_whom_they_reach() -> None:
    addresses = re.findall(r"postgresql\+psycopg://(\w+)@[^\"]+?\?([^\"]+)\"", COMPOSE)

    assert {role for role, _ in addresses} == {"samklang_owner", "samklang_app"}
    assert all("sslmode=verify-full" in options for _, options in addresses)


def test_no_password_has_a_default() -> None:
    assert not re.search(r"password[^\n]*:-", COMPOSE, re.IGNORECASE)
    assert not re.search(r"POSTGRES_PASSWORD:", COMPOSE)
