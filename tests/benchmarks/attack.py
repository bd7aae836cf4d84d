"""A thousand municipalities release eight quarters each, and every release is attacked.

.venv/bin/python -m tests.benchmarks.attack [municipalities] [quarters]
"""

import sys
import time

from tests.support.attacked import attacked


def main() -> None:
    """Attack them one by one; the exit code is 1 when a hidden cell was worked out."""
    given = [int(word) for word in sys.argv[1:]]
    municipalities, quarters = given + [1000, 8][len(given) :]
    started = time.monotonic()
    cells = hidden = refused = found = 0
    for seed in range(municipalities):
        result = attacked(seed, quarters=quarters)
        cells += result.cells
        hidden += result.hidden
        refused += result.refused
        found += len(result.found)
        for one in result.found:
            print(
                f"municipality {seed}, release {one.release}: {dict(one.dims)} is "
                f"{one.lowest} to {one.highest}"
            )
        if (seed + 1) % 50 == 0:
            print(f"{seed + 1} municipalities, {found} cells found", flush=True)
    print(
        f"{municipalities} municipalities, {quarters} quarters each: {cells} cells released, "
        f"{hidden} hidden, {refused} releases refused, {found} cells found, "
        f"{time.monotonic() - started:.0f} s"
    )
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
