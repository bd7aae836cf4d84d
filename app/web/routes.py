"""All pages of the program, by router."""

from fastapi import FastAPI

from app.web import account, admin, sign_in, staff


def include_all(app: FastAPI) -> None:
    """Add every page to the program."""
    app.include_router(sign_in.router)
    app.include_router(account.router)
    app.include_router(admin.router)
    app.include_router(staff.router)
