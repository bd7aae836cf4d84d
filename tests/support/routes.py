"""Every route of the program, so that a new one is tested from its first day."""

import re
from dataclasses import dataclass
from uuid import UUID

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NOBODYS = UUID(int=7)
"""An identifier that nothing has."""


@dataclass(frozen=True, slots=True)
class KnownRoute:
    """One way to ask the program for something."""

    method: str
    path: str

    @property
    def address(self) -> str:
        """An address that reaches the route, about something that is not there."""
        return re.sub(r"\{[^}]+\}", str(NOBODYS), self.path)

    @property
    def is_safe(self) -> bool:
        """Whether the route may change nothing."""
        return self.method in SAFE


def every_route(client: TestClient) -> list[KnownRoute]:
    """Return all routes of the program behind a browser, sorted."""
    app = client.app
    if not isinstance(app, FastAPI):
        raise TypeError(type(app))
    found = {
        KnownRoute(method=method, path=context.path)
        for context in iter_route_contexts(app.routes)
        for method in context.methods or ()
        if context.path is not None and method != "HEAD"
    }
    return sorted(found, key=lambda route: (route.path, route.method))
