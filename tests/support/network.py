"""No test speaks to another machine."""

import ipaddress
import sys

_LOCAL_NAMES = frozenset({"localhost", "ip6-localhost", "testserver", ""})
_is_closed = False


class NetworkClosedError(RuntimeError):
    """A test tried to reach another machine."""

    def __init__(self, host: str) -> None:
        super().__init__(f"a test reaches for {host}; only this machine is allowed")
        self.host = host


def close_network() -> None:
    """Refuse every connection and look-up that leaves this machine, for the rest of the run."""
    global _is_closed  # noqa: PLW0603 - an audit hook cannot be removed, so it is set once
    if not _is_closed:
        sys.addaudithook(_refuse)
        _is_closed = True


def is_local(host: object) -> bool:
    """Return whether an address or name means this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or (isinstance(name, str) and name in _LOCAL_NAMES):
        return True
    try:
        address = ipaddress.ip_address(str(name).split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        # A tuple is an internet address; a string is a socket file on this machine.
        if isinstance(address, tuple) and not is_local(address[0]):
            raise NetworkClosedError(str(address[0]))
    elif event == "socket.getaddrinfo" and not is_local(arguments[0]):
        raise NetworkClosedError(str(arguments[0]))
