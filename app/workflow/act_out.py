"""Act out an invented course of treatment through the workflow, at the times it is said to be."""

import datetime as dt
import uuid
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

from app.clinical.form_texts import FormText
from app.clinical.instruments import Tenths, Variant
from app.instruments import Registry
from app.records import sessions
from app.records.audit import Actor, ActorKind
from app.records.base import DbSession, new_id
from app.records.engine import enter_organization
from app.records.episodes import Agreement, Answer, Ending, OtherChannel
from app.records.people import RespondentKind
from app.records.ratings import InputKind, Source
from app.records.sessions import Channel, SessionStatus, TherapySession
from app.records.tablets import Slot
from app.records.visibility import Viewer
from app.workflow import access, agree, enrol, find, hold, participate, rate
from app.workflow.agree import Forms
from app.workflow.enrol import Details, FormLayout, FormMode

SESSION_LASTS = dt.timedelta(minutes=50)
FIRST_TALK = dt.timedelta(days=6)
"""From the day a course is opened to its first session."""

_SOON = dt.timedelta(minutes=3)
_KEYS = uuid.UUID("4c1d3b1e-6a54-5d38-9f0e-6b6a2f3c7d11")
_WIDTH = 1180
_DURATION_MS = 38_000

Clock = Generator[dt.datetime, None, None]
"""A story yields the next moment at which something happens in it."""


@dataclass(frozen=True, slots=True)
class Given:
    """One form that is filled in: answers, or a total from paper."""

    instrument: str
    answers: Mapping[str, Tenths | None] = field(default_factory=dict)
    total: Tenths | None = None
    slot: Slot = Slot.START
    by: RespondentKind = RespondentKind.PATIENT


@dataclass(frozen=True, slots=True)
class Scene:
    """One therapy session."""

    at: dt.datetime
    status: SessionStatus = SessionStatus.ATTENDED
    channel: Channel = Channel.ROOM
    given: Sequence[Given] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One invented patient, and what happens."""

    number: int
    """Tells stories apart; the same number gives the same submission keys."""
    name: str | None
    birth_year: int | None
    language: str
    org_id: int
    team_id: uuid.UUID
    clinician_id: uuid.UUID
    forms: Forms
    scenes: Sequence[Scene]
    kin: RespondentKind | None = None
    kin_label: str | None = None
    goals: Mapping[str, str | None] = field(default_factory=dict)
    says_no: Answer | None = None
    """Said in the first session that is held and in which nothing is rated."""
    ending: Ending | None = None
    next_at: dt.datetime | None = None
    is_past: bool = False
    """A course of earlier years: what was rated is filed as history, and raised no flag."""

    @property
    def begins(self) -> dt.datetime:
        """When the course is opened."""
        ahead = [] if self.next_at is None else [self.next_at]
        return min([scene.at for scene in self.scenes] + ahead) - FIRST_TALK

    def says_no_in(self, number: int) -> bool:
        """Whether this is the session in which the patient says no, counted from 0."""
        unrated = (
            place
            for place, scene in enumerate(self.scenes)
            if scene.status is SessionStatus.ATTENDED and not scene.given
        )
        return self.says_no is not None and number == next(unrated, None)


@dataclass(slots=True)
class Stage:
    """Where stories are acted out; ``now`` is moved by whoever runs them."""

    db: DbSession
    registry: Registry
    now: dt.datetime
    _viewers: dict[uuid.UUID, Viewer] = field(default_factory=dict)

    def viewer(self, *, org_id: int, staff_id: uuid.UUID) -> Viewer:
        """Enter an organization and return one of its staff; nobody changes roles here."""
        enter_organization(self.db, org_id=org_id)
        known = self._viewers.get(staff_id)
        viewer = known or access.viewer_of(self.db, org_id=org_id, staff_id=staff_id)
        if viewer is None:
            raise access.NotThereError
        self._viewers[staff_id] = viewer
        return viewer

    def clinician(self, script: Script) -> Viewer:
        """Enter the organization of a story and return its clinician."""
        return self.viewer(org_id=script.org_id, staff_id=script.clinician_id)


@dataclass(frozen=True, slots=True)
class _Enrolled:
    patient_id: uuid.UUID
    episode_id: uuid.UUID
    respondents: Mapping[RespondentKind, uuid.UUID]


def act_out(stage: Stage, script: Script) -> Clock:
    """Act out one course, from its opening to its end or to the next session planned."""
    yield script.begins
    enrolled = _enrol(stage, script)
    for number, scene in enumerate(script.scenes):
        if script.is_past:
            yield scene.at + SESSION_LASTS
            _recall(stage, script, enrolled, scene, number=number)
            continue
        # Every session is planned at the end of the one before it.
        session_id = _plan(stage, script, enrolled, at=scene.at, channel=scene.channel)
        yield scene.at
        yield from _hold(stage, script, enrolled, scene, number=number, session_id=session_id)
    if script.ending is not None:
        yield stage.now + dt.timedelta(hours=1)
        _close(stage, script, enrolled)
    elif script.next_at is not None:
        _plan(stage, script, enrolled, at=script.next_at, channel=Channel.ROOM)


def _enrol(stage: Stage, script: Script) -> _Enrolled:
    viewer = stage.clinician(script)
    enrolled = enrol.add_patient(
        stage.db,
        viewer,
        details=Details(
            name=script.name,
            birth_year=script.birth_year,
            language=script.language,
            form_mode=FormMode.BUTTONS if script.number % 6 == 0 else FormMode.LINE,
            form_layout=FormLayout.ONE if script.number % 9 == 0 else FormLayout.ALL,
        ),
        team_id=script.team_id,
        clinician_id=script.clinician_id,
        forms=script.forms,
        opened_at=stage.now,
        registry=stage.registry,
        now=stage.now,
    )
    respondents = {RespondentKind.PATIENT: enrolled.respondent_id}
    if script.kin is not None:
        respondents[script.kin] = enrol.add_respondent(
            stage.db,
            viewer,
            patient_id=enrolled.patient_id,
            kind=script.kin,
            label=script.kin_label,
            now=stage.now,
        )
    if script.goals:
        agree.set_goals(
            stage.db,
            viewer,
            episode_id=enrolled.episode_id,
            words=script.goals,
            registry=stage.registry,
            now=stage.now,
        )
    return _Enrolled(enrolled.patient_id, enrolled.episode_id, respondents)


def _recall(
    stage: Stage, script: Script, enrolled: _Enrolled, scene: Scene, *, number: int
) -> None:
    """Write down a session that was held before anybody looked for flags."""
    viewer = stage.clinician(script)
    session_id = new_id()
    find.log(
        stage.db,
        viewer,
        "planned_session",
        patient_id=enrolled.patient_id,
        now=stage.now,
        session=session_id.hex,
    )
    sessions.add(
        stage.db,
        TherapySession(
            org_id=script.org_id,
            id=session_id,
            episode_id=enrolled.episode_id,
            patient_id=enrolled.patient_id,
            planned_at=scene.at,
            status=scene.status,
            channel=scene.channel,
            ended_at=stage.now if scene.status is SessionStatus.ATTENDED else None,
            created_at=stage.now,
            created_by=script.clinician_id,
        ),
    )
    if script.says_no is not None and script.says_no_in(number):
        _say_no(stage, script, enrolled, script.says_no)
    for given in scene.given:
        _rate(stage, script, enrolled, given, number=number, session_id=session_id)


def _plan(
    stage: Stage, script: Script, enrolled: _Enrolled, *, at: dt.datetime, channel: Channel
) -> uuid.UUID:
    return hold.plan_session(
        stage.db,
        stage.clinician(script),
        episode_id=enrolled.episode_id,
        planned_at=at,
        channel=channel,
        now=stage.now,
    )


def _hold(
    stage: Stage,
    script: Script,
    enrolled: _Enrolled,
    scene: Scene,
    *,
    number: int,
    session_id: uuid.UUID,
) -> Clock:
    hold.set_status(
        stage.db,
        stage.clinician(script),
        session_id=session_id,
        status=scene.status,
        registry=stage.registry,
        now=stage.now,
    )
    if scene.status is not SessionStatus.ATTENDED:
        return
    if script.says_no is not None and script.says_no_in(number):
        _say_no(stage, script, enrolled, script.says_no)
    for slot, at in ((Slot.START, scene.at + _SOON), (Slot.END, scene.at + SESSION_LASTS)):
        forms = [given for given in scene.given if given.slot is slot]
        if forms:
            yield at
        for given in forms:
            _rate(stage, script, enrolled, given, number=number, session_id=session_id)
    yield scene.at + SESSION_LASTS + _SOON
    hold.end_session(
        stage.db,
        stage.clinician(script),
        session_id=session_id,
        registry=stage.registry,
        now=stage.now,
    )


def _rate(
    stage: Stage,
    script: Script,
    enrolled: _Enrolled,
    given: Given,
    *,
    number: int,
    session_id: uuid.UUID,
) -> None:
    words = f"{script.number}/{number}/{given.instrument}/{given.slot.value}/{given.by.value}"
    key = uuid.uuid5(_KEYS, words)
    text = _text(stage, script, given)
    viewer = stage.clinician(script)
    typist = access.event_of(viewer, "", now=stage.now, ground="treats").actor
    rate.file_rating(
        stage.db,
        filing=rate.Filing(
            patient_id=enrolled.patient_id,
            episode_id=enrolled.episode_id,
            session_id=session_id,
            respondent_id=enrolled.respondents[given.by],
            slot=given.slot,
        ),
        submission=(
            _on_tablet(stage, script, given, text, key)
            if text
            else _on_paper(stage, script, given, key)
        ),
        registry=stage.registry,
        actor=_TABLET if text else typist,
        now=stage.now,
        is_history=script.is_past,
    )


_TABLET = Actor(kind=ActorKind.TABLET, id=None, role=None, ground="tablet")


def _text(stage: Stage, script: Script, given: Given) -> FormText | None:
    """Return the words that are shown, or ``None`` for a form that staff type in."""
    if given.total is not None:
        return None
    # Next of kin read the words for adults, also about a child.
    is_patient = given.by is RespondentKind.PATIENT
    variant = script.forms.variant if is_patient else Variant.ADULT
    instrument = stage.registry.get(given.instrument)
    return instrument.text(language=script.language, variant=variant)


def _on_paper(stage: Stage, script: Script, given: Given, key: uuid.UUID) -> rate.Submission:
    return rate.Submission(
        submission_key=key,
        instrument=given.instrument,
        answers=given.answers,
        typed_total=given.total,
        is_finished=True,
        source=Source.PAPER,
        rated_at=stage.now,
        variant=script.forms.variant,
        recorded_by=script.clinician_id,
    )


def _on_tablet(
    stage: Stage, script: Script, given: Given, text: FormText, key: uuid.UUID
) -> rate.Submission:
    has_own_words = stage.registry.get(given.instrument).item_texts_from_episode
    return rate.Submission(
        submission_key=key,
        instrument=given.instrument,
        answers=given.answers,
        asked=tuple(given.answers) if has_own_words else None,
        is_finished=True,
        source=Source.TABLET,
        rated_at=stage.now,
        variant=text.variant,
        language=text.language,
        text_version=text.version,
        form_mode=FormMode.LINE,
        form_layout=FormLayout.ALL,
        input_kind=InputKind.TOUCH,
        device_width=_WIDTH,
        device_time=stage.now,
        duration_ms=_DURATION_MS + 731 * (script.number % 40),
    )


def _say_no(stage: Stage, script: Script, enrolled: _Enrolled, answer: Answer) -> None:
    participate.tell_participation(
        stage.db,
        stage.clinician(script),
        episode_id=enrolled.episode_id,
        answer=answer,
        other_channel=OtherChannel.TALK,
        reason=None,
        now=stage.now,
    )


def _close(stage: Stage, script: Script, enrolled: _Enrolled) -> None:
    is_planned = script.ending is Ending.PLANNED
    agree.close(
        stage.db,
        stage.clinician(script),
        episode_id=enrolled.episode_id,
        ending=Ending.PLANNED if is_planned else Ending.UNPLANNED,
        agreement=Agreement.AGREED if is_planned else Agreement.NOT_AGREED,
        note=None,
        registry=stage.registry,
        now=stage.now,
    )
