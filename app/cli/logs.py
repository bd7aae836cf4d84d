"""What the program writes to its log: one JSON object a line, with our own identifiers only."""

import logging
import logging.config
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_ACCESS = "uvicorn.access"


def config() -> dict[str, Any]:
    """Return the set-up of the log, in the form that uvicorn takes too."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    structlog.processors.JSONRenderer(),
                ],
                "foreign_pre_chain": [only_what_may_be_kept, *_SHARED],
                "pass_foreign_args": True,
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "uvicorn": {"level": "WARNING", "propagate": True},
            _ACCESS: {"level": "INFO", "propagate": True},
            "alembic": {"level": "WARNING", "propagate": True},
        },
    }


def set_up() -> None:
    """Let everything that is logged go the same way."""
    logging.config.dictConfig(config())
    structlog.configure(
        processors=[
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def only_what_may_be_kept(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Log of a request its method, path and status: what follows the ``?`` may be a code."""
    arguments = event.pop("positional_args", None)
    if event["_record"].name == _ACCESS and isinstance(arguments, tuple):
        _client, method, target, _version, status = arguments
        path = str(target).partition("?")[0]
        event.update(event="request", method=method, path=path, status=status)
    return event


_SHARED = (
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
)
