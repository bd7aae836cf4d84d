"""How a patient is named on screen: by the organization's setting, else by the number."""

from app.web.words import Words
from app.workflow.administer import NameDisplay


def shown_name(words: Words, name: str | None, *, number: int, display: NameDisplay) -> str:
    """Return the name to show: whole, shortened, as initials, or the caseload number."""
    parts = name.split() if name else []
    if not parts:
        return words("worklist.number", number=number)
    match display:
        case NameDisplay.FULL:
            return " ".join(parts)
        case NameDisplay.SHORT:
            last = f" {parts[-1][0]}." if len(parts) > 1 else ""
            return f"{parts[0]}{last}"
        case NameDisplay.INITIALS:
            return initials(name)
        case NameDisplay.NUMBER:
            return words("worklist.number", number=number)


def initials(name: str | None) -> str:
    """Return the first letters of the first and the last name: "Kari Lunde" is "KL"."""
    parts = name.split() if name else []
    ends = parts[:1] + parts[1:][-1:]
    return "".join(part[0].upper() for part in ends)
