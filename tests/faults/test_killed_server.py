"""A server that is killed in the middle of things loses nothing and doubles nothing."""

from pathlib import Path

from tests.benchmarks import faults
from tests.support.databases import Store


def test_forms_survive_a_killed_server_and_dropped_replies(store: Store, tmp_path: Path) -> None:
    # A fast machine stores them all within two seconds, which is when the benchmark first kills.
    outcome = faults.run(store, tmp_path, forms=300, kill_every=0.4)

    assert outcome.kills > 0
    assert outcome.dropped > 0
    assert (outcome.lost, outcome.doubled, outcome.extra) == (0, 0, 0)
    assert outcome.is_chain_whole
