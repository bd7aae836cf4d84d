"""What the workflow refuses, in a form that a page can put into words."""

from collections.abc import Mapping


class Refusal(ValueError):  # noqa: N818 - it is what happened: the workflow said no
    """Something that may not be done: what, which value, what is allowed, what to do.

    ``word`` names the sentence in ``errors.toml`` and ``word``_do what to do about it.
    ``values`` fill the sentence; they never hold a name, an answer or free text.
    """

    status = 400

    def __init__(
        self,
        word: str,
        *,
        value: str | None = None,
        allowed: str | None = None,
        **values: str | int,
    ) -> None:
        parts = [word, f"value {value}" if value else "", f"allowed {allowed}" if allowed else ""]
        super().__init__("; ".join(part for part in parts if part))
        self.word = word
        self.value = value
        self.allowed = allowed
        self.values: Mapping[str, str | int] = {
            **values,
            **({"value": value} if value is not None else {}),
            **({"allowed": allowed} if allowed is not None else {}),
        }


class Conflict(Refusal):
    """It collides with something that is already stored."""

    status = 409


class Gone(Refusal):
    """It was possible once: a used or expired code, a closed session."""

    status = 410


class TooMany(Refusal):
    """Too many tries; wait."""

    status = 429


class Unavailable(Refusal):
    """Something that it needs is not on the machine."""

    status = 503
