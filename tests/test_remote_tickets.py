"""A site's own ticket service: asked as documented, and never in the way of a caller when it is slow, wrong or dead."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select

from ivr.dialogue.actions import Ask
from ivr.errors import UsageFault
from ivr.query_service import QueryService
from ivr.rail.ticket_source import Travel
from ivr.remote_tickets import RemoteTickets, TicketsAway
from ivr.store.database import reading
from ivr.store.models.bookings import Booking
from ivr.store.rail import load_rail_data
from tests.store import small_data

TRAVEL = Travel("G1-a", "G1", date(2026, 11, 23), date(2026, 11, 23), "AAA", "CCC", 1, 3)
NOW = datetime(2026, 11, 23, 7, tzinfo=ZoneInfo("Asia/Shanghai"))
Behaviour = Callable[[socket.socket, bytes], None]


class Server:
    """Accepts connections and lets ``behaves`` answer each; ``requests`` are what came."""

    def __init__(self, behaves: Behaviour) -> None:
        self.behaves = behaves
        self.requests: list[bytes] = []
        self.over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/left?site=1"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            request = b""
            try:
                while b"\r\n\r\n" not in request or len(request.partition(b"\r\n\r\n")[2]) < _length(request):
                    part = connection.recv(65536)
                    if not part:
                        return
                    request += part
                self.requests.append(request)
                self.behaves(connection, request)
            except OSError:
                pass  # the client went away, as it should

    def close(self) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


def _length(request: bytes) -> int:
    for line in request.partition(b"\r\n\r\n")[0].lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def says(body: object, status: str = "200 OK") -> Behaviour:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\nLocation: http://127.0.0.1:1/\r\n\r\n"
    return lambda connection, _: connection.sendall(head.encode() + data)


def left(value: object, train: object = "G1-a") -> Behaviour:
    return says({"rides": [{"train": train, "left": value}]})


@pytest.fixture
def serve() -> Iterator[Callable[[Behaviour], Server]]:
    servers = []

    def start(behaves: Behaviour) -> Server:
        servers.append(Server(behaves))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_it_is_asked_and_read_as_documented(serve) -> None:
    server = serve(left({"second": 12, "first": 0, "bunk": 7}))
    tickets = RemoteTickets(server.url, token="abc")
    assert tickets.left([TRAVEL]) == {"G1-a": {"second": 12, "first": 0}}
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    first, *headers = head.split(b"\r\n")
    assert first == b"POST /left?site=1 HTTP/1.1"
    assert {b"Authorization: Bearer abc", b"Content-Type: application/json"} <= set(headers)
    assert json.loads(body) == {
        "rides": [
            {
                "train": "G1-a",
                "number": "G1",
                "service_date": "2026-11-23",
                "date": "2026-11-23",
                "from": "AAA",
                "to": "CCC",
                "from_seq": 1,
                "to_seq": 3,
            }
        ]
    }


def test_trains_that_nobody_asked_for_are_passed_over(serve) -> None:
    assert RemoteTickets(serve(left({"second": 1}, "G9")).url).left([TRAVEL]) == {}


@pytest.mark.parametrize(
    ("behaves", "told"),
    [
        (says(b"{"), "the answer is not what docs/data.md describes"),
        (says(b"\xff"), "the answer is not what docs/data.md describes"),
        (says(b"[" * 100_000), "the answer is not what docs/data.md describes"),
        (says([]), "the answer is not what docs/data.md describes"),
        (says({}), "the answer is not what docs/data.md describes"),
        (says({"rides": [1]}), "the answer is not what docs/data.md describes"),
        (left("many"), "the answer is not what docs/data.md describes"),
        (left({"second": "12"}), "the answer is not what docs/data.md describes"),
        (left({"second": True}), "the answer is not what docs/data.md describes"),
        (left({"second": -1}), "the answer is not what docs/data.md describes"),
        (left({"second": 1.5}), "the answer is not what docs/data.md describes"),
        (says({}, "500 Internal Server Error"), "status 500"),
        (says({}, "302 Found"), "status 302"),
        (says(b" " * (2**20 + 1)), "the answer has more than 1048576 bytes"),
        (lambda connection, _: connection.sendall(b"220 mail ready\r\n"), "is no HTTP server: BadStatusLine"),
        (lambda connection, _: None, "RemoteDisconnected"),
    ],
)
def test_a_wrong_answer_is_no_answer(serve, behaves: Behaviour, told: str) -> None:
    with pytest.raises(TicketsAway, match=told):
        RemoteTickets(serve(behaves).url).left([TRAVEL])


def slow(server: list[Server]) -> Behaviour:
    return lambda connection, _: server[0].over.wait(20) and None


def dripping(server: list[Server], head: bytes) -> Behaviour:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        while not server[0].over.wait(0.05):
            connection.sendall(b"x")

    return behave


@pytest.mark.parametrize("kind", ["silent", "drips its head", "drips its body"])
def test_a_slow_server_costs_the_caller_no_more_than_the_deadline(serve, kind: str) -> None:
    server: list[Server] = []
    heads = {"drips its head": b"HTTP/1.1 200 OK\r\nX: ", "drips its body": b"HTTP/1.1 200 OK\r\n\r\n"}
    server.append(serve(slow(server) if kind == "silent" else dripping(server, heads[kind])))
    began = time.monotonic()
    with pytest.raises(TicketsAway, match="no answer in time"):
        RemoteTickets(server[0].url, 0.4).left([TRAVEL])
    assert time.monotonic() - began < 2.5


def test_a_dead_server_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TicketsAway, match="Connection refused"):
        RemoteTickets(f"http://127.0.0.1:{port}").left([TRAVEL])


def test_after_three_failures_it_is_left_alone_then_tried_once(
    serve, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    server = serve(says({}, "503 Away"))
    tickets = RemoteTickets(server.url, monotonic=lambda: now[0])
    for _ in range(5):
        with pytest.raises(TicketsAway):
            tickets.left([TRAVEL])
    assert len(server.requests) == 3
    now[0] += 15
    for _ in range(3):
        with pytest.raises(TicketsAway):
            tickets.left([TRAVEL])
    assert len(server.requests) == 4, "one caller tried, the others heard so at once"
    now[0] += 15
    server.behaves = left({"second": 5})
    caplog.clear()
    with caplog.at_level(logging.INFO, "ivr.remote_tickets"):
        for _ in range(4):
            assert tickets.left([TRAVEL]) == {"G1-a": {"second": 5}}
    assert [record.message for record in caplog.records] == ["ticket service 127.0.0.1 answers again"]


@pytest.mark.parametrize(
    "url", ["", "tickets", "ftp://x/", "http://", "http://x:99999/", "http://user:hunter2@x/", "http://[::1/"]
)
def test_an_address_that_cannot_be_used_is_told_without_its_password(url: str) -> None:
    with pytest.raises(UsageFault, match="IVR_TICKETS_URL: the address must be") as fault:
        RemoteTickets(url)
    assert "hunter2" not in str(fault.value)


def test_callers_hear_of_the_sites_tickets_and_of_its_failure(sqlite: Engine, tmp_path, serve) -> None:
    load_rail_data(sqlite, small_data.write(tmp_path / "small"))
    server = serve(left({"second": 4}))
    answers = QueryService(sqlite, lambda: NOW, tickets=RemoteTickets(server.url))
    ask = Ask("tickets", {"from": "AAA", "to": "CCC", "date": "2026-11-23"})
    assert [item["left"] for item in answers(ask).items if item["train"] == "G1"] == [4]
    server.behaves = says({}, "500 Broken")
    assert answers(ask).outcome == "error"


def test_what_others_sell_is_not_booked(sqlite: Engine, tmp_path, serve) -> None:
    """The hotline's own seats may be gone there long since."""
    load_rail_data(sqlite, small_data.write(tmp_path / "small"))
    answers = QueryService(sqlite, lambda: NOW, tickets=RemoteTickets(serve(left({"second": 4})).url))
    journey = {"from": "AAA", "to": "CCC", "date": "2026-11-23", "train": "G1", "class": "second"}
    party = {**journey, "tickets": "1", "document_1": "110101199003077715", "call": "c1", "caller": ""}
    for query, args in (
        ("booking_open", {}),
        ("classes_left", journey),
        ("booking_passengers", party),
        ("book", party),
    ):
        assert answers(Ask(query, args)).outcome == "elsewhere"
    with reading(sqlite) as session:
        assert session.scalar(select(Booking.id)) is None
    alone = QueryService(sqlite, lambda: NOW)
    assert alone(Ask("booking_open", {})).outcome == "open"
    assert alone(Ask("book", party)).outcome == "booked", "without the service"
