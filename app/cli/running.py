"""Start the program: with everything it needs for a first look, or as a service."""

import gc
import os
import select
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

import structlog
import typer
import uvicorn
from fastapi import FastAPI

from app import instruments
from app.cli import installation, logs
from app.cli.one_thread import ONE_THREAD
from app.cli.setting_up import first_settings
from app.cli.troubles import CommandRefusedError
from app.config import Settings
from app.main import create_app
from app.records.engine import Database
from app.web.words import Words
from app.workflow import calibrate, demonstrate, keep_watch, refit, sign_in, try_again
from app.workflow.calibrate import Calibrated, NotCalibrated
from app.workflow.refit import Outcome, Refitted
from app.workflow.sign_in import PASSWORD_TO_TRY, Role

_LOOK_EVERY_SECONDS = 300
_SECONDS_TO_FINISH = 10
_NICE = 10
"""Pages go first where processors are few."""
_NOT_DUE = "not due, or another process does it"

jobs = typer.Typer(help="What the program does by itself.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(serve)
    app.command()(demo)
    app.add_typer(jobs, name="jobs")


def up() -> None:
    """Make what is missing, fill an empty demonstration, and serve."""
    here = installation.settings()
    installation.migrate(here)
    if here.is_demo:
        with installation.opened(here) as database:
            if not installation.every_organization(database):
                _fill(database, here)
            _tell_sign_ins(database)
    _serve(here)


def serve() -> None:
    """Serve what is there."""
    _serve(installation.settings())


def demo() -> None:
    """Fill an empty database with two invented municipalities."""
    here = installation.settings()
    if not here.is_demo:
        raise CommandRefusedError(
            "SAMKLANG_MODE is production, and invented people never enter it",
            remedy="set SAMKLANG_MODE=demo and another SAMKLANG_DATA_DIR",
        )
    installation.migrate(here)
    with installation.opened(here) as database:
        _fill(database, here)
        _tell_sign_ins(database)


@jobs.command()
def run() -> None:
    """Do once what is due: look for who has not come for long; fit, test and try anew."""
    logs.set_up()
    here = installation.settings()
    with installation.opened(here) as database:
        looked_at = _keep_watch(database, here)
        refitted = _refit(database, here)
        calibrated = _calibrate(database, here)
        rehearsed = _rehearse(database, here)
    done = _NOT_DUE if looked_at is None else f"{looked_at} courses"
    typer.echo(f"Looked at: {done}.")
    if refitted is None:
        typer.echo(f"Curves: {_NOT_DUE}.")
    for one in refitted or ():
        typer.echo(f"Curve for {one.instrument}: {_said(one)}.")
    if calibrated is None:
        typer.echo(f"Curves tested: {_NOT_DUE}.")
    for found in calibrated or ():
        curve = f"Curve {found.version}" if found.version else "Curves"
        typer.echo(f"{curve} for {found.instrument}: {_held(found)}.")
    tried = _NOT_DUE if rehearsed is None else f"{rehearsed} organizations"
    typer.echo(f"Rules tried: {tried}.")


@jobs.command(hidden=True)
def watch(
    *, once: Annotated[bool, typer.Option(help="Look once and end; for tests.")] = False
) -> None:
    """Do what is due, again and again, as long as the process that started this one lives."""
    logs.set_up()
    os.nice(_NICE)
    here = installation.settings()
    with installation.opened(here) as database:
        while True:
            # One round that failed must not be the last one, nor stop the other jobs.
            try:
                _keep_watch(database, here)
            except Exception:  # noqa: BLE001 - the other jobs and rounds go on
                structlog.get_logger().exception("kept_no_watch")
            try:
                if refit.is_night(installation.now()):
                    _refit(database, here)
            except Exception:  # noqa: BLE001 - the other jobs and rounds go on
                structlog.get_logger().exception("refitted_nothing")
            try:
                if refit.is_night(installation.now()):
                    _calibrate(database, here)
            except Exception:  # noqa: BLE001 - the other jobs and rounds go on
                structlog.get_logger().exception("calibrated_nothing")
            try:
                if refit.is_night(installation.now()):
                    _rehearse(database, here)
            except Exception:  # noqa: BLE001 - the other jobs and rounds go on
                structlog.get_logger().exception("rehearsed_nothing")
            if once or _parent_has_ended():
                return


def _fill(database: Database, here: Settings) -> None:
    typer.echo("Filling an invented municipality; this takes a minute or two.")
    registry = instruments.load_registry(site_folder=here.data_dir)
    now = installation.now()
    demonstrate.fill(database, registry=registry, settings_of=first_settings, now=now)
    for one in installation.every_organization(database):
        for done in calibrate.run_all(database, org_id=one.id, registry=registry, now=now):
            if isinstance(done, NotCalibrated):
                raise done.error


def _tell_sign_ins(database: Database) -> None:
    words = Words("en")
    with database.reading() as db:
        accounts = sign_in.accounts_to_try(db)
    first = list(dict.fromkeys(account.organization for account in accounts))
    ranks = list(Role)
    accounts = sorted(
        accounts, key=lambda one: (first.index(one.organization), ranks.index(one.roles[0]))
    )
    typer.echo(f"\nSign-ins to try, all with the password {PASSWORD_TO_TRY}:")
    for account in accounts:
        roles = ", ".join(words(f"staff.role_{role.value}") for role in account.roles)
        typer.echo(f"  {account.sign_in_name:<22} {roles}, {account.organization}")


def _serve(here: Settings) -> None:
    logs.set_up()
    with installation.opened(here) as database:
        if not installation.every_organization(database):
            raise CommandRefusedError(
                "there is no organization yet",
                remedy="run samklang up to fill a demonstration"
                if here.is_demo
                else "run samklang init to make the first one and its administrator",
            )
        app = create_app(here, database=database)
        server = uvicorn.Server(_uvicorn(app, here))
        with _port(here) as listening, _jobs_beside():
            typer.echo(f"\nSamklang is at {here.base_url or f'http://{here.host}:{here.port}'}\n")
            # What is loaded by now stays for ever. Looking through it again for what can be
            # thrown away takes as long as making a worklist of 200 patients.
            gc.freeze()
            server.run(sockets=[listening])


def _uvicorn(app: FastAPI, here: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        # Forwarded addresses count for limits and the log: only the site's own proxy may set them.
        proxy_headers=here.trusted_proxy is not None,
        forwarded_allow_ips=here.trusted_proxy or [],
        server_header=False,
        log_config=logs.config(),
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )


@contextmanager
def _port(here: Settings) -> Generator[socket.socket]:
    family = socket.AF_INET6 if ":" in here.host else socket.AF_INET
    try:
        listening = socket.create_server((here.host, here.port), family=family, backlog=2048)
    except OSError as error:
        raise CommandRefusedError(
            f"port {here.port} on {here.host} cannot be used ({os.strerror(error.errno or 0)})",
            remedy="stop what uses it, or set SAMKLANG_PORT to another one",
        ) from error
    with listening:
        yield listening


@contextmanager
def _jobs_beside() -> Generator[None]:
    """Run the jobs in a process of their own: they never keep a page waiting."""
    command = [sys.executable, "-m", "app.cli", "jobs", "watch"]
    # It reads from the pipe that we hold; when we end, however we end, so does it. A session
    # of its own, since Ctrl-C in the terminal would break off what it is at.
    beside = subprocess.Popen(  # noqa: S603 - ourselves
        command,
        stdin=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, **ONE_THREAD},
    )
    try:
        yield
    finally:
        if beside.stdin is not None:
            beside.stdin.close()
        try:
            beside.wait(timeout=_SECONDS_TO_FINISH)
        except subprocess.TimeoutExpired:
            beside.terminate()
            beside.wait()


def _parent_has_ended() -> bool:
    ready, _, _ = select.select([sys.stdin], [], [], _LOOK_EVERY_SECONDS)
    return bool(ready) and not os.read(sys.stdin.fileno(), 1)


def _keep_watch(database: Database, here: Settings) -> int | None:
    registry = instruments.load_registry(site_folder=here.data_dir)
    looked_at = keep_watch.run_if_due(database, registry=registry, now=installation.now())
    if looked_at is not None:
        structlog.get_logger().info("kept_watch", courses=looked_at)
    return looked_at


def _refit(database: Database, here: Settings) -> list[Refitted] | None:
    registry = instruments.load_registry(site_folder=here.data_dir)
    done = refit.run_if_due(database, registry=registry, now=installation.now())
    for one in done or ():
        told = {"organization": one.org_id, "instrument": one.instrument}
        if one.error is not None:
            structlog.get_logger().error("refit_failed", **told, exc_info=one.error)
        else:
            structlog.get_logger().info(
                "refitted", **told, outcome=one.outcome.value, version=one.version, why=one.why
            )
    return done


def _rehearse(database: Database, here: Settings) -> int | None:
    registry = instruments.load_registry(site_folder=here.data_dir)
    done = try_again.run_if_due(database, registry=registry, now=installation.now())
    for one in done or ():
        log = structlog.get_logger()
        if one.error is not None:
            log.error("rehearsal_failed", organization=one.org_id, exc_info=one.error)
        else:
            log.info("rehearsed", organization=one.org_id)
    return None if done is None else sum(one.error is None for one in done)


def _calibrate(database: Database, here: Settings) -> list[Calibrated | NotCalibrated] | None:
    registry = instruments.load_registry(site_folder=here.data_dir)
    done = calibrate.run_if_due(database, registry=registry, now=installation.now())
    for one in done or ():
        told = {"instrument": one.instrument, "version": one.version}
        log = structlog.get_logger()
        if isinstance(one, NotCalibrated):
            log.error("calibration_failed", organization=one.org_id, **told, exc_info=one.error)
        elif one.holds is False and one.is_in_force:
            # Whoever runs the program is told as well: the page is only read by who opens it.
            log.warning("curve_no_longer_holds", **told)
        else:
            log.info("calibrated", **told, holds=one.holds)
    return done


def _held(found: Calibrated | NotCalibrated) -> str:
    if isinstance(found, NotCalibrated):
        return "not tested, it went wrong; the log says how"
    match found.holds:
        case None:
            return "tested; whether it still holds can be said from 200 patients on"
        case True:
            return "tested, and it still holds"
        case False:
            return "tested, and IT NO LONGER HOLDS"


def _said(one: Refitted) -> str:
    match one.outcome:
        case Outcome.NOTHING_NEW:
            return "nothing new to say"
        case Outcome.PROPOSED:
            return f"{one.version} is proposed"
        case Outcome.ADOPTED:
            return f"{one.version} passed the checks and is in force"
        case Outcome.NOT_FITTED:
            return f"none, {one.why}"
        case Outcome.FAILED:
            return "none, it went wrong; the log says how"
