"""The instruments of a running program, read anew when the site has changed a file."""

from dataclasses import dataclass, field
from pathlib import Path

from app.instruments.registry import Registry, load_registry

_FOLDERS = ("instruments", "texts")

_Stamp = tuple[tuple[str, int, int, int], ...]


@dataclass(slots=True)
class Shelf:
    """Where pages find the instruments; scores of a new one may be imported at any time."""

    site_folder: Path
    registry: Registry = field(init=False)
    """The instruments as they were read last."""
    _stamp: _Stamp = field(init=False)

    def __post_init__(self) -> None:
        self._stamp = self._now()
        self.registry = load_registry(site_folder=self.site_folder)

    def look(self) -> Registry:
        """Return the instruments of today; raise once for each change that cannot be read.

        What was there before a wrong file stays in use, and so does an instrument whose
        file is gone: patients who are followed with it have pages.
        """
        stamp = self._now()
        if stamp != self._stamp:
            self._stamp = stamp
            found = load_registry(site_folder=self.site_folder)
            self.registry = Registry(
                instruments={**self.registry.instruments, **found.instruments}, packs=found.packs
            )
        return self.registry

    def _now(self) -> _Stamp:
        files = [one for name in _FOLDERS for one in (self.site_folder / name).glob("*.toml")]
        known = [(path, path.stat()) for path in sorted(files)]
        return tuple((str(path), at.st_ino, at.st_mtime_ns, at.st_size) for path, at in known)
