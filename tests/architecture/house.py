"""Where things are, and what counts as ours."""

from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent.parent

NOT_OURS = {"node_modules", "__pycache__", "build", ".venv", ".git", "data"}
TEXT_ENDINGS = {
    *(".py", ".toml", ".md", ".html", ".css", ".ts", ".js", ".json", ".yml", ".svg", ".lock"),
    *(".mako", ".txt", ".csv"),
}
TEXT_NAMES = {"Makefile", "Dockerfile", "run", ".gitignore", ".gitattributes"}


def text_files(house: Path, *, under: str = "") -> Iterator[Path]:
    """Yield every text file of ours, in order, without what was installed or built."""
    for path in sorted((house / under).rglob("*")):
        if NOT_OURS & set(path.relative_to(house).parts) or not path.is_file():
            continue
        if path.suffix in TEXT_ENDINGS or path.name in TEXT_NAMES:
            yield path
