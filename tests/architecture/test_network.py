import socket
from pathlib import Path

import pytest

from tests.support.network import NetworkClosedError


def test_a_test_that_reaches_for_another_machine_is_stopped() -> None:
    with (
        socket.socket() as plug,
        pytest.raises(NetworkClosedError, match=r"reaches for 192\.0\.2\.1"),
    ):
        plug.connect(("192.0.2.1", 443))


def test_a_test_that_looks_up_another_machine_is_stopped() -> None:
    with pytest.raises(NetworkClosedError, match=r"reaches for elsewhere\.example"):
        socket.getaddrinfo("elsewhere.example", 443)


def test_this_machine_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as plug:
        plug.connect(server.getsockname())


def test_a_socket_file_answers(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as plug:
        server.bind(str(tmp_path / "s"))
        server.listen()

        plug.connect(str(tmp_path / "s"))
