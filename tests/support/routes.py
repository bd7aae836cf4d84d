"""Every route of the program, so that a new one is tested from its first day."""

import re
from collections.abc import Sequence
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
    def pattern(self) -> str:
        """What addresses of the route look like."""
        return re.sub(r"\{[^}]+\}", "[^/]+", self.path)

    @property
    def is_safe(self) -> bool:
        """Whether the route may change nothing."""
        return self.method in SAFE


def every_route(client: TestClient) -> list[KnownRoute]:
    """Return all routes of the program behind a browser, sorted."""
    return sorted(set(routes_in_order(client)), key=lambda route: (route.path, route.method))


def routes_in_order(client: TestClient) -> list[KnownRoute]:
    """Return all routes in the order in which the program looks for the one that is meant."""
    app = client.app
    if not isinstance(app, FastAPI):
        raise TypeError(type(app))
    return [
        KnownRoute(method=method, path=context.path)
        for context in iter_route_contexts(app.routes)
        for method in sorted(context.methods or ())
        if context.path is not None and method != "HEAD"
    ]


def out_of_reach(routes: Sequence[KnownRoute]) -> list[KnownRoute]:
    """Return the routes whose every address is taken by an earlier one."""
    return [
        route
        for at, route in enumerate(routes)
        if any(
            earlier.method == route.method and re.fullmatch(earlier.pattern, route.address)
            for earlier in routes[:at]
        )
    ]
