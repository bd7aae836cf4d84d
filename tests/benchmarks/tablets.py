"""Tablets with forms waiting on them, and a client that sends what a tablet sends."""

import datetime as dt
import http.client
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.clinical.instruments import Variant
from app.clinical.simulate import SYNTHETIC_CURVE
from app.records import curves
from app.records.base import new_id
from app.records.engine import enter_organization
from app.records.people import FormLayout, FormMode
from app.records.sessions import Channel, SessionStatus, TherapySession
from app.records.tablets import Slot, Tablet, TabletKey, Visit, VisitState
from app.workflow import access
from tests.support.clinic import Clinic, Clock, Enrolled, open_clinic
from tests.support.databases import Store

HOUSE = Path(__file__).resolve().parent.parent.parent
TABLETS = 8


@dataclass(frozen=True, slots=True)
class Form:
    """One form that waits on a tablet, and the body that fills it in."""

    visit_id: uuid.UUID
    token: str
    key: uuid.UUID
    body: bytes


def prepare(store: Store, folder: Path, *, patients: int, forms_each: int) -> Sequence[Form]:
    """Fill a store with patients and with forms that wait on eight tablets."""
    database = store.open()
    clock = Clock(now=dt.datetime.now(dt.UTC))  # noqa: TID251 - the edge of a benchmark
    clinic = open_clinic(database, folder, clock=clock)
    try:
        with database.writing() as db:
            enter_organization(db, org_id=clinic.clinician.org_id)
            curves.add(db, SYNTHETIC_CURVE, org_id=clinic.clinician.org_id, now=clock.now)
        tablets = _tablets(clinic)
        forms: list[Form] = []
        for number in range(patients):
            patient = clinic.enrol()
            tablet_id, token = tablets[number % TABLETS]
            forms += _forms(clinic, patient, tablet_id, token, count=forms_each)
        return forms
    finally:
        database.close()


def _tablets(clinic: Clinic) -> list[tuple[uuid.UUID, str]]:
    org_id, at = clinic.clinician.org_id, clinic.clock.now
    made = [(new_id(), uuid.uuid4().hex) for _ in range(TABLETS)]
    with clinic.database.writing() as db:
        enter_organization(db, org_id=org_id)
        for number, (tablet_id, token) in enumerate(made, start=1):
            db.add(
                Tablet(
                    org_id=org_id,
                    id=tablet_id,
                    room=f"Rom {number}",
                    language="nb",
                    pin_hash="",
                    paired_at=at,
                    paired_by=clinic.clinician.staff_id,
                )
            )
            db.flush()
            db.add(
                TabletKey(
                    token_hash=access.token_hash(token),
                    org_id=org_id,
                    tablet_id=tablet_id,
                    created_at=at,
                )
            )
    return made


def _forms(
    clinic: Clinic, patient: Enrolled, tablet_id: uuid.UUID, token: str, *, count: int
) -> Iterator[Form]:
    outcome = clinic.registry.get("outcome-4")
    text = outcome.text(language="nb", variant=Variant.ADULT)
    if text is None:
        raise LookupError("outcome-4 has no words in bokmål")
    at = clinic.clock.now
    for number in range(count):
        session_id, visit_id, key = new_id(), new_id(), uuid.uuid4()
        with clinic.database.writing() as db:
            enter_organization(db, org_id=patient.org_id)
            db.add(
                TherapySession(
                    org_id=patient.org_id,
                    id=session_id,
                    episode_id=patient.episode_id,
                    patient_id=patient.patient_id,
                    planned_at=at - dt.timedelta(hours=count - number),
                    status=SessionStatus.ATTENDED,
                    channel=Channel.ROOM,
                    created_at=at,
                    created_by=clinic.clinician.staff_id,
                )
            )
            db.flush()
            db.add(
                Visit(
                    org_id=patient.org_id,
                    id=visit_id,
                    tablet_id=tablet_id,
                    patient_id=patient.patient_id,
                    episode_id=patient.episode_id,
                    session_id=session_id,
                    respondent_id=patient.respondent_id,
                    instrument="outcome-4",
                    slot=Slot.START,
                    variant=Variant.ADULT,
                    language="nb",
                    form_mode=FormMode.LINE,
                    form_layout=FormLayout.ALL,
                    state=VisitState.STARTED,
                    item_count=4,
                    created_at=at,
                    created_by=clinic.clinician.staff_id,
                    expires_at=at + dt.timedelta(hours=12),
                    changed_at=at,
                )
            )
        sent = {
            "visit": str(visit_id),
            "submission_key": str(key),
            "answers": {"o1": 40 + number, "o2": 45, "o3": 50, "o4": 55},
            "is_finished": True,
            "mode": "line",
            "layout": "all",
            "language": "nb",
            "variant": "adult",
            "text_version": text.version,
            "input": "touch",
            "device_width": 1024,
            "device_time": at.isoformat(),
            "duration_ms": 41_000,
        }
        yield Form(visit_id=visit_id, token=token, key=key, body=json.dumps(sent).encode())


def send(
    connection: http.client.HTTPConnection, form: Form, *, port: int
) -> tuple[int, dict[str, object]]:
    """Send a form as the tablet's page does; return status and answer."""
    connection.request(
        "POST",
        "/tablet/ratings",
        body=form.body,
        headers={
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Cookie": f"__Host-tablet={form.token}",
            "Sec-Fetch-Site": "same-origin",
            "Host": f"127.0.0.1:{port}",
        },
    )
    response = connection.getresponse()
    content = response.read()
    return response.status, json.loads(content) if content else {}


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def start_server(store: Store, folder: Path, *, port: int) -> subprocess.Popen[bytes]:
    """Start a server on a prepared store and wait until it answers."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "tests.benchmarks.serve",
            "--url", store.url, "--folder", str(folder), "--port", str(port),
        ],
        cwd=HOUSE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(HOUSE / ".ci"), str(HOUSE)))},
    )  # fmt: skip
    wait_for(port, process)
    return process


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers."""
    for _ in range(600):
        if process.poll() is not None:
            raise ChildProcessError(f"the server ended with {process.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=0.2):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the server did not answer within half a minute")


@contextmanager
def serving(store: Store, folder: Path) -> Iterator[int]:
    """Serve a prepared store; give the port."""
    port = free_port()
    process = start_server(store, folder, port=port)
    try:
        yield port
    finally:
        process.kill()
        process.wait()
