"""A fit that somebody starts by hand uses one thread for its matrices, as the one at night does."""

import os
import subprocess
import sys

from app.cli.one_thread import ONE_THREAD
from tests.architecture.house import HOUSE

TELL = """
import builtins, os
before = builtins.__import__
def watched(name, *arguments, **names):
    if name == "numpy" and not told:
        told.append([os.environ.get("OPENBLAS_NUM_THREADS"), os.environ.get("OMP_NUM_THREADS")])
    return before(name, *arguments, **names)
told = []
builtins.__import__ = watched
import app.cli
print(*told[0])
"""


def told(**chosen: str) -> str:
    """Return the number of threads that NumPy is told when it is loaded first."""
    environment = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
    done = subprocess.run(
        [sys.executable, "-c", TELL],
        cwd=HOUSE,
        env={**environment, **chosen},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_matrices_are_told_of_one_thread_before_they_are_there() -> None:
    assert told() == "1 1"


def test_another_number_that_somebody_chose_stands() -> None:
    assert told(OPENBLAS_NUM_THREADS="2") == "2 1"
