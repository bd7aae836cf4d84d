"""What can be expected to go wrong, and the sentence that is said about it."""

from alembic.util.exc import CommandError
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.cli.tables import TableError
from app.clinical.classification import IMPOSSIBLE_NUMBERS
from app.clinical.disclosure import (
    DimensionError,
    RoundingError,
    TableTooLargeError,
    ThresholdError,
)
from app.clinical.disclosure_grid import LevelError
from app.config import SettingsError
from app.instruments import InstrumentFileError, PackRecordError, UnknownInstrumentError
from app.records.copies import (
    DamagedCopyError,
    NewerSchemaError,
    NotABackupError,
    UnreadableCopyError,
)
from app.records.encryption import KeyFileError, SealBrokenError
from app.records.engine import OldSqliteError, WrongKeyError
from app.records.rule_settings import StoredRuleError
from app.records.schema import OldSchemaError, SyntheticDataError, UnsafeRoleError
from app.web.pages import NotBuiltError
from app.web.words import Words
from app.workflow.back_up import BackupRefusedError, BrokenAuditError
from app.workflow.demonstrate import NotEmptyError
from app.workflow.plan_history import CannotImportError
from app.workflow.read_table import HistoryFileError
from app.workflow.recognize import LostInstrumentError
from app.workflow.refusals import Refusal


class CommandRefusedError(RuntimeError):
    """A command cannot do what was asked: what is wrong, and what to do."""

    def __init__(self, problem: str, *, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy


KNOWN = (
    BackupRefusedError,
    BrokenAuditError,
    CannotImportError,
    CommandError,
    CommandRefusedError,
    DamagedCopyError,
    DimensionError,
    HistoryFileError,
    InstrumentFileError,
    KeyFileError,
    LevelError,
    LostInstrumentError,
    NewerSchemaError,
    NotABackupError,
    NotBuiltError,
    NotEmptyError,
    OSError,
    OldSchemaError,
    OldSqliteError,
    OperationalError,
    PackRecordError,
    ProgrammingError,
    Refusal,
    RoundingError,
    SealBrokenError,
    SettingsError,
    StoredRuleError,
    SyntheticDataError,
    TableError,
    TableTooLargeError,
    ThresholdError,
    UnknownInstrumentError,
    UnreadableCopyError,
    UnsafeRoleError,
    WrongKeyError,
    *IMPOSSIBLE_NUMBERS,
)


def sentence(error: Exception) -> str:
    """Return what is said about a known trouble."""
    match error:
        case Refusal():
            words = Words("en")
            what = words(f"errors.{error.word}", **error.values)
            return f"{what} {words(f'errors.{error.word}_do', **error.values)}"
        case OperationalError() | ProgrammingError():
            # The driver's own text: it names host and role, never a password.
            return f"the database cannot be reached or used: {str(error.orig).strip()}"
        case OSError() if error.filename:
            return f"{error.filename}: {error.strerror}"
        case _:
            return str(error)
