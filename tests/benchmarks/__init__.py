"""Scripts that measure. They borrow from `tests/support`, which knows the machine by `.ci`."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / ".ci"))
