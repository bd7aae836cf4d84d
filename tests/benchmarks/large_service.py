"""A large service whose courses are over: a million sessions in minutes.

The embedded database fills itself, since a million rows through the workflow take hours.
What chance would decide is worked out from the number of a course, so that two fillings
are alike but for their identifiers.
"""

import datetime as dt
from typing import Final

from app.records import endings
from app.records.engine import enter_organization
from app.workflow import add_up
from app.workflow.add_up import Months
from tests.support.clinic import Clinic

INSTRUMENT: Final = "phq-9"
ALLIANCE: Final = "alliance-4"
YEARS: Final = range(2021, 2026)
"""Calendar years in which the courses were closed, all of them over by the tests' clock."""
TEAMS: Final = 100
THERAPISTS: Final = 5
"""Of each team."""
SESSIONS: Final = 10
"""Of each course, a week apart, each with a score."""

_NUMBERS: Final = """
CREATE TEMP TABLE number AS
WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :most)
SELECT n, n * 2654435761 % 4294967296 AS chance FROM number
"""
_TEAMS: Final = """
CREATE TEMP TABLE place AS
SELECT n / :therapists AS team, n % :therapists AS therapist,
       lower(hex(randomblob(16))) AS staff_id, '' AS team_id
FROM number WHERE n < :teams * :therapists;
"""
_TEAM_IDS: Final = """
UPDATE place SET team_id = (SELECT staff_id FROM place AS first
                            WHERE first.team = place.team AND first.therapist = 0)
"""
_COURSES: Final = """
CREATE TEMP TABLE course AS
SELECT n, chance, place.team_id, place.staff_id,
       CASE WHEN n % 10 = 9 THEN n - 9 ELSE n END AS person,
       lower(hex(randomblob(16))) AS patient_id, lower(hex(randomblob(16))) AS respondent_id,
       lower(hex(randomblob(16))) AS episode_id,
       strftime('%Y-%m-%d %H:%M:%f000', julianday(:begins) + 1.0 * n * :days / :courses) AS opened,
       strftime('%Y-%m-%d %H:%M:%f000',
                julianday(:begins) + 1.0 * n * :days / :courses + 7 * :sessions) AS closed
FROM number
JOIN place ON place.team = chance / 16 % :teams AND place.therapist = chance / 4096 % :therapists
WHERE n < :courses
ORDER BY n
"""
"""In the order in which they were opened; every tenth is of somebody who came before."""
_SAME_PERSON: Final = """
UPDATE course SET (patient_id, respondent_id, team_id, staff_id) =
  (SELECT patient_id, respondent_id, team_id, staff_id FROM course AS first
   WHERE first.n = course.person)
WHERE person <> n
"""
_VISITS: Final = """
CREATE TEMP TABLE come AS
SELECT course.n, week.n AS week, course.chance, course.episode_id, course.patient_id,
       course.respondent_id, course.staff_id, lower(hex(randomblob(16))) AS session_id,
       strftime('%Y-%m-%d %H:%M:%f000', course.opened, '+' || (7 * week.n) || ' days') AS at
FROM course CROSS JOIN number AS week
WHERE week.n < :sessions
ORDER BY course.n, week.n
"""
_FILL: Final = (
    """
INSERT INTO team (org_id, id, name, created_at)
SELECT :org, team_id, 'Team ' || team, :begins FROM place WHERE therapist = 0
    """,
    """
INSERT INTO staff (org_id, id, name, language, created_at)
SELECT :org, staff_id, 'Clinician ' || team || '-' || therapist, 'nb', :begins FROM place
    """,
    """
INSERT INTO patient (org_id, id, number, birth_year, language, form_mode, form_layout,
                     has_large_text, created_at, created_by)
SELECT :org, patient_id, 1000001 + n, 1940 + chance / 64 % 70, 'nb', 'line', 'all', 0, opened,
       staff_id
FROM course WHERE person = n
    """,
    """
INSERT INTO respondent (org_id, id, patient_id, kind, created_at)
SELECT :org, respondent_id, patient_id, 'patient', opened FROM course WHERE person = n
    """,
    """
INSERT INTO treats (org_id, id, patient_id, staff_id, since, given_by)
SELECT :org, lower(hex(randomblob(16))), patient_id, staff_id, opened, staff_id
FROM course WHERE person = n
    """,
    """
INSERT INTO episode (org_id, id, patient_id, team_id, variant, main_instrument,
                     alliance_instrument, opened_at, opened_by, closed_at, closed_by, ending,
                     agreement)
SELECT :org, episode_id, patient_id, team_id, 'adult', :instrument, :alliance, opened, staff_id,
       closed, staff_id, CASE WHEN chance % 4 = 0 THEN 'unplanned' ELSE 'planned' END,
       CASE WHEN chance % 5 = 0 THEN 'not_agreed' ELSE 'agreed' END
FROM course
    """,
    """
INSERT INTO participation (org_id, id, patient_id, episode_id, answer, other_channel, recorded_at,
                           recorded_by, sequence)
SELECT :org, lower(hex(randomblob(16))), patient_id, episode_id,
       CASE WHEN chance % 8 = 0 THEN 'not_for_me' ELSE 'accepted' END, 'none', opened, staff_id, n
FROM course WHERE chance % 3 = 0
    """,
    """
INSERT INTO therapy_session (org_id, id, episode_id, patient_id, planned_at, status, channel,
                             ended_at, created_at, created_by)
SELECT :org, session_id, episode_id, patient_id, at, 'attended', 'room', at, at, staff_id FROM come
    """,
    """
INSERT INTO rating (org_id, id, patient_id, episode_id, session_id, respondent_id, instrument,
                    instrument_version, variant, slot, source, rated_at, recorded_at, recorded_by,
                    submission_key, body_hash, is_finished, total, total_lowest, total_highest,
                    is_prorated, sequence)
SELECT :org, lower(hex(randomblob(16))), patient_id, episode_id, session_id, respondent_id,
       :instrument, :edition, 'adult', 'start', 'paper', at, at, staff_id,
       lower(hex(randomblob(16))), '', 1,
       10 * max(0, min(27, 8 + chance / 16 % 20 + chance / (week + 2) % 7 - 3
                           - week * (chance / 1024 % 20 - 4) / 10)),
       0, 270, 0, n * :sessions + week + 1000
FROM come
    """,
    """
INSERT INTO rating (org_id, id, patient_id, episode_id, session_id, respondent_id, instrument,
                    instrument_version, variant, slot, source, rated_at, recorded_at, recorded_by,
                    submission_key, body_hash, is_finished, total, total_lowest, total_highest,
                    is_prorated, sequence)
SELECT :org, lower(hex(randomblob(16))), patient_id, episode_id, session_id, respondent_id,
       :alliance, 1, 'adult', 'end', 'paper', at, at, staff_id, lower(hex(randomblob(16))), '', 1,
       250 + 10 * (chance / (week + 2) % 15), 0, 400, 0,
       (:courses + n) * :sessions + week + 1000
FROM come WHERE week % 4 = 0
    """,
    """
INSERT INTO flag (org_id, id, patient_id, episode_id, session_id, rule, rule_version, level,
                  numbers, raised_at, sequence)
SELECT :org, episode_id, patient_id, episode_id, session_id, 'no_change', 1, 'review', '{}', at,
       n + 1000
FROM come WHERE week = 5 AND chance % 10 < 3
    """,
    """
INSERT INTO review (org_id, id, flag_id, patient_id, episode_id, step, state, decision,
                    reviewed_at, reviewed_by, sequence)
SELECT :org, lower(hex(randomblob(16))), episode_id, patient_id, episode_id, 'decided', 'decided',
       CASE chance % 3 WHEN 0 THEN 'changed_method' WHEN 1 THEN 'changed_goal'
       ELSE 'talked_continue' END, at, staff_id, n + 1000
FROM come WHERE week = 6 AND chance % 10 < 3 AND chance / 16 % 5 > 0
    """,
)


def fill(clinic: Clinic, *, sessions: int) -> None:
    """Let so many sessions have been held, and keep what the closed courses came to."""
    database, courses = clinic.database, sessions // SESSIONS
    # So that courses end evenly over all of the years.
    before = dt.timedelta(weeks=SESSIONS)
    begins, ends = dt.date(YEARS[0], 1, 1) - before, dt.date(YEARS[-1] + 1, 1, 1) - before
    values = {
        "org": clinic.clinician.org_id,
        "instrument": INSTRUMENT,
        "alliance": ALLIANCE,
        "edition": clinic.registry.get(INSTRUMENT).version,
        "most": max(courses, TEAMS * THERAPISTS),
        "courses": courses,
        "teams": TEAMS,
        "therapists": THERAPISTS,
        "sessions": SESSIONS,
        "begins": f"{begins} 08:00:00.000000",
        "days": (ends - begins).days,
    }
    steps = (_NUMBERS, _TEAMS, _TEAM_IDS, _COURSES, _SAME_PERSON, _VISITS, *_FILL)
    with database.writing() as db:
        connection = db.connection()
        # Keys come by chance; with what all indexes need at hand each page is written once.
        connection.exec_driver_sql("PRAGMA cache_size = -2000000")
        for step in steps:
            connection.exec_driver_sql(step, values)
        for table in ("come", "course", "place", "number"):
            connection.exec_driver_sql(f"DROP TABLE temp.{table}")
        connection.exec_driver_sql("PRAGMA cache_size = -65536")
    for year in YEARS:
        _keep(clinic, year=year)


def _keep(clinic: Clinic, *, year: int) -> None:
    instrument, org_id = clinic.registry.get(INSTRUMENT), clinic.clinician.org_id
    months = Months(tuple(dt.date(year, month, 1) for month in range(1, 13)))
    with clinic.database.writing() as db:
        enter_organization(db, org_id=org_id)
        asked = add_up.asked_for(org_id, INSTRUMENT, months)
        endings.keep(db, asked, yardstick=add_up.yardstick_of(instrument))
