"""All pages of the program, by router."""

from fastapi import FastAPI


def include_all(app: FastAPI) -> None:
    """Add every page to the program."""
