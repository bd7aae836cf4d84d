"""Are the tables in code those that the migrations make? Runnable by hand, also by a gate."""

import sys
import tempfile
from pathlib import Path

from alembic.util.exc import CommandError

from app.records import schema
from app.records.engine import open_engine


def main() -> int:
    """Migrate an empty database and compare; return 0 if nothing differs."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'empty.db'}"
        engine = open_engine(url, file_key=b"f" * 32, enforce_foreign_keys=False)
        try:
            schema.migrate(engine)
            schema.check_in_step(engine)
        except CommandError as error:
            print(f"migrations and tables differ: {error}")
            return 1
        finally:
            engine.dispose()
    print("migrations and tables are in step")
    return 0


if __name__ == "__main__":
    sys.exit(main())
