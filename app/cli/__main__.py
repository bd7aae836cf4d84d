"""``python -m app.cli`` is the same as ``samklang``."""

from app.cli import main

main()
