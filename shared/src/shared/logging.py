"""JSON lines on stdout. Never a body, a name or a student code: ids of departures and messages only."""

import json
import logging
import sys
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a line; `extra=` fields stand beside the message."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self.service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            # The traceback's frames without the exception's own text: that may quote a row.
            line["exception"] = trace_of(record.exc_info[1])
        return json.dumps(line, default=str, ensure_ascii=False)


def trace_of(error: BaseException | None) -> list[str]:
    """Where an error came from, innermost last: "file:line function", then the classes."""
    if error is None:
        return []
    frames, step = [], error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        frames.append(f"{code.co_filename}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return [*frames, _names(error)]


def _names(error: BaseException) -> str:
    """The class of an error, of the members of a group, and of its cause."""
    name = type(error).__qualname__
    if isinstance(error, BaseExceptionGroup):
        name += f" of {', '.join(_names(member) for member in error.exceptions)}"
    return f"{name} from {_names(error.__cause__)}" if error.__cause__ else name


def log_to_stdout(service: str, level: int = logging.INFO) -> None:
    """Send all logging of the process to stdout as JSON lines."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("aio_pika", "aiormq"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)  # our own loops log each change of state once
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").disabled = True  # it would print student codes in paths
