"""Ways for a text message out of the house: as a file, or through a carrier's message centre (SMSC) over SMPP 3.4.

Whoever sends gives each message a number of its own; the same message again bears the same number, so that a second
try does no harm: the file is the same one, and the parts of a long message belong together on the phone.
"""

from __future__ import annotations

import json
import logging
import socket
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import smpplib.client
from smpplib import consts, exceptions, smpp

from ivr.errors import SmsDelayed, SmsRefused
from ivr.files import write_whole

FOLDER = "sms"
#: UCS-2 characters of a message that is one part, and of one part of several (140 bytes less the header).
WHOLE, PART = 70, 67
_TIMEOUT_S = 5
#: SMPP states after which another try makes sense: throttled, queue full, system error.
_PASSING = (consts.SMPP_ESME_RTHROTTLED, consts.SMPP_ESME_RMSGQFUL, consts.SMPP_ESME_RSYSERR)


class Sms(Protocol):
    """Takes messages; not safe to use from several threads."""

    def send(self, number: int, recipient: str, text: str) -> None:
        """Send ``text`` to a mobile number. Raises :class:`SmsDelayed` or :class:`SmsRefused`."""

    def close(self) -> None:
        """Let go of connections."""


def sms_gateway(url: str, home: Path) -> Sms:
    """The way that the setting ``sms_url`` names."""
    return SmppSms(url) if url else FileSms(home)


class FileSms:
    """Each message is a JSON file in ``IVR_HOME/sms``, for its owner only: number, recipient, text."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def send(self, number: int, recipient: str, text: str) -> None:
        message = {"number": number, "recipient": recipient, "text": text}
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / f"{number:08}.json"
            write_whole(path, json.dumps(message, ensure_ascii=False), private=True)
        except OSError as fault:
            raise SmsDelayed(
                f"the message cannot be written: {fault.strerror}", where=str(self._folder)
            ) from None

    def close(self) -> None:
        """Nothing is open."""


class SmppSms:
    """A transmitter bound to a message centre; it connects when there is something to send, and again after a fault."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 2775
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = parts.path.strip("/")
        self._client: smpplib.client.Client | None = None

    def send(self, number: int, recipient: str, text: str) -> None:
        try:
            client = self._client or self._bound()
            for part, esm_class in _parts(number, text):
                self._submit(client, recipient, part, esm_class)
        except (exceptions.ConnectionError, OSError) as fault:
            self._drop()
            raise SmsDelayed(
                f"the message centre does not answer: {type(fault).__name__}",
                where=f"{self._host}:{self._port}",
            ) from None
        except (exceptions.PDUError, exceptions.UnknownCommandError, ValueError) as fault:
            self._drop()
            raise SmsDelayed(
                f"the message centre's answer makes no sense: {type(fault).__name__}",
                where=f"{self._host}:{self._port}",
            ) from None

    def close(self) -> None:
        if self._client is not None:
            with suppress(Exception):
                self._client.unbind()
        self._drop()

    def _bound(self) -> smpplib.client.Client:
        # The library writes whole messages into its log at its most talkative: never here.
        logging.getLogger("smpp").setLevel(logging.WARNING)
        client = smpplib.client.Client(
            self._host, self._port, timeout=_TIMEOUT_S, logger_name="smpp", allow_unknown_opt_params=True
        )
        self._client = client
        client.connect()
        try:
            client.bind_transmitter(system_id=self._user, password=self._password)
        except exceptions.PDUError:
            self._drop()
            raise SmsDelayed(
                "the message centre does not let us in",
                where=f"{self._host}:{self._port}",
                mend="check user and password in IVR_SMS_URL",
            ) from None
        return client

    def _submit(self, client: smpplib.client.Client, recipient: str, part: bytes, esm_class: int) -> None:
        sent = client.send_message(
            source_addr_ton=consts.SMPP_TON_UNK,
            source_addr_npi=consts.SMPP_NPI_UNK,
            source_addr=self._sender,
            dest_addr_ton=consts.SMPP_TON_NATNL,
            dest_addr_npi=consts.SMPP_NPI_ISDN,
            destination_addr=recipient,
            data_coding=consts.SMPP_ENCODING_ISO10646,
            esm_class=esm_class,
            short_message=part,
        )
        while True:
            answer = client.read_pdu()
            if answer.command == "enquire_link":
                client.send_pdu(smpp.make_pdu("enquire_link_resp", client=client, sequence=answer.sequence))
            elif answer.command == "unbind":
                raise exceptions.ConnectionError
            elif answer.sequence == sent.sequence:
                break
        if answer.status in _PASSING:
            raise SmsDelayed(f"the message centre is busy (state {answer.status:#x})")
        if answer.is_error():
            raise SmsRefused(f"the message centre refuses it (state {answer.status:#x})")

    def _drop(self) -> None:
        if self._client is not None:
            with suppress(Exception):
                self._client._socket.shutdown(socket.SHUT_RDWR)
            with suppress(Exception):
                self._client.state = consts.SMPP_CLIENT_STATE_OPEN
                self._client.disconnect()
        self._client = None


def _parts(number: int, text: str) -> list[tuple[bytes, int]]:
    """The message in UCS-2 with its ``esm_class``: whole, or in parts that a header numbers (3GPP TS 23.040, 9.2.3.24.1).
    Characters beyond the basic plane are not cut in two."""
    if len(text.encode("utf-16-be")) <= 2 * WHOLE:
        return [(text.encode("utf-16-be"), consts.SMPP_MSGTYPE_DEFAULT)]
    pieces = [b""]
    for sign in text:
        written = sign.encode("utf-16-be")
        if len(pieces[-1]) + len(written) > 2 * PART:
            pieces.append(b"")
        pieces[-1] += written
    if len(pieces) > 255:
        raise SmsRefused("the message is too long")
    return [
        (bytes([5, 0, 3, number & 0xFF, len(pieces), place]) + piece, consts.SMPP_GSMFEAT_UDHI)
        for place, piece in enumerate(pieces, 1)
    ]
