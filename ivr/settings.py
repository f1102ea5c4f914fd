"""Settings: ``IVR_*`` environment variables over ``ivr.toml`` over defaults, each with its origin.

``load()`` never touches the disk beyond reading ``ivr.toml``; whoever needs a folder makes it.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ivr.errors import UsageFault
from ivr.files import write_whole

if sys.version_info >= (3, 11):
    import tomllib
else:  # Ubuntu 22.04
    import tomli as tomllib

#: More would make a slow start.
_MOST_SEATS = 2000

PROJECT = Path(__file__).resolve().parent.parent

#: The speakers of the neural voice, by the names that its makers gave them: f women, m men.
KOKORO_SPEAKERS = ("zf_xiaobei", "zf_xiaoxiao", "zm_yunxi", "zm_yunxia")


def _whole(text: Any, least: int, most: int, what: str) -> int:
    digits = str(text).strip()
    if not (digits.isascii() and digits.isdigit() and least <= int(digits) <= most):
        raise ValueError(f"{what} from {least} to {most}")
    return int(digits)


def _port(text: Any) -> int:
    return _whole(text, 1, 65535, "a port is a whole number")


def _address(text: Any) -> str:
    return str(ipaddress.ip_address(str(text)))


def _zone(text: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(text))
    except Exception:
        raise ValueError("a time zone is a name such as Asia/Shanghai") from None


def _path(text: Any) -> Path:
    if not str(text).strip():
        raise ValueError("a path must not be empty")
    return Path(str(text)).expanduser().absolute()


def _text(text: Any) -> str:
    return str(text)


def _node(text: Any) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]{0,20}", str(text)):
        raise ValueError("a node's name has at most 20 letters and digits")
    return str(text)


def _seconds(text: Any) -> int:
    return _whole(text, 0, 86_400, "it is a whole number of seconds")


def _rings(text: Any) -> int:
    return _whole(text, 0, 100, "it is a number of rings")


def _days(text: Any) -> int:
    return _whole(text, 0, 3650, "it is a whole number of days")


def _hours(text: Any) -> int:
    return _whole(text, 1, 720, "it is a whole number of hours")


def _prefixes(text: Any) -> str:
    if not re.fullmatch(r"([0-9]{1,15}(,[0-9]{1,15})*)?", str(text)):
        raise ValueError("it is a comma list of the first digits of numbers, e.g. 170,0755")
    return str(text)


def _sms_url(text: Any) -> str:
    from urllib.parse import urlsplit

    if not str(text):
        return ""
    url = urlsplit(str(text))
    if url.scheme != "smpp" or not url.hostname or not url.port or not url.username:
        raise ValueError("it is such as smpp://user:password@gateway:2775/12306, or empty for files")
    return str(text)


def _seats(text: Any) -> str:
    seat_numbers(str(text))
    return str(text)


def seat_numbers(text: str) -> tuple[str, ...]:
    """The seats of ``1001-1060,1101``, in order. Raises :class:`ValueError`."""
    found: dict[str, None] = {}
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        last = last or first
        if not re.fullmatch(r"[1-9][0-9]{2,5}", first) or len(last) != len(first) or not last.isdigit():
            raise ValueError("seats are numbers of 3 to 6 digits, such as 1001-1060,1101")
        if int(last) < int(first) or len(found) + int(last) - int(first) >= _MOST_SEATS:
            raise ValueError(f"a range goes up, and there are at most {_MOST_SEATS} seats")
        found.update(dict.fromkeys(map(str, range(int(first), int(last) + 1))))
    return tuple(found)


def _phones(text: Any) -> int:
    return _whole(text, 1, 10, "it is a number of phones")


def _public_address(text: Any) -> str:
    return str(ipaddress.ip_address(str(text))) if str(text).strip() else ""


def _networks(text: Any) -> str:
    parts = [part.strip() for part in str(text).split(",") if part.strip()]
    return ",".join(str(ipaddress.ip_network(part, strict=False)) for part in parts)


def _trunk_out(text: Any) -> str:
    if str(text) and not re.fullmatch(
        r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?", str(text)
    ):
        raise ValueError("it is such as sip.carrier.example:5060, or empty: no calls out")
    return str(text)


def _agi_mode(text: Any) -> str:
    if text not in ("server", "process"):
        raise ValueError("it is server or process")
    return str(text)


def _yes_no(text: Any) -> bool:
    if str(text).lower() not in ("yes", "no", "true", "false"):
        raise ValueError("it is yes or no")
    return str(text).lower() in ("yes", "true")


def _menus_live(text: Any) -> str:
    if text not in ("published", "files"):
        raise ValueError("it is published or files")
    return str(text)


def _voice(text: Any) -> str:
    if text not in ("auto", "espeak", "kokoro", *KOKORO_SPEAKERS):
        raise ValueError(f"it is auto, espeak, kokoro or one of its speakers: {', '.join(KOKORO_SPEAKERS)}")
    return str(text)


def _milliseconds(text: Any) -> int:
    return _whole(text, 100, 2400, "it is a whole number of milliseconds")


def _megabytes(text: Any) -> int:
    return _whole(text, 10, 10_000_000, "it is a number of megabytes")


def _percent(text: Any) -> int:
    return _whole(text, 60, 150, "it is a number of per cent")


def _workers(text: Any) -> int:
    return _whole(text, 1, 64, "it is a number of processes")


def _setting(default: Any, read: Any, about: str) -> Any:
    return field(default=default, metadata={"read": read, "about": about})


@dataclass(frozen=True)
class Settings:
    """All settings of one hotline. Two hotlines with other homes and ports run side by side."""

    home: Path = _setting(PROJECT / "var", _path, "the folder that holds all state")
    bind: str = _setting("127.0.0.1", _address, "the address everything listens on")
    sip_port: int = _setting(5060, _port, "SIP over UDP and TCP")
    rtp_start: int = _setting(10000, _port, "first UDP port for sound")
    rtp_end: int = _setting(11999, _port, "last UDP port for sound")
    agi_port: int = _setting(4573, _port, "our FastAGI server")
    ami_port: int = _setting(5038, _port, "Asterisk's manager interface")
    database_url: str = _setting("", _text, "empty: SQLite in the home")
    tickets_url: str = _setting("", _text, "a site's own ticket service; empty: the hotline's inventory")
    tickets_timeout_ms: int = _setting(2000, _milliseconds, "how long a caller waits for that service")
    node: str = _setting("", _node, "this hotline's name, where several have one database")
    menus: Path = _setting(PROJECT / "menus", _path, "the folder with the YAML menu trees")
    menus_live: str = _setting(
        "published", _menus_live, "published: ivr menu publish puts on air; files: an edited file is on air"
    )
    zone: ZoneInfo = _setting(ZoneInfo("Asia/Shanghai"), _zone, "the site's time zone")
    hotline: str = _setting("12306", _text, "the number that callers dial")
    trunk_addresses: str = _setting(
        "127.0.0.1", _text, "comma list of addresses whose calls are callers' calls"
    )
    trunk_out: str = _setting(
        "",
        _trunk_out,
        "host:port of the trunk for calls to agents at home and callbacks; empty: no calls out",
    )
    seats: str = _setting("1001-1005", _seats, "the seats, SIP users of their phones, such as 1001-1060,1101")
    seat_phones: int = _setting(1, _phones, "phones that may register at a seat; all of them ring")
    seat_keepalive_s: int = _setting(
        0, _seconds, "each phone is asked so often whether it is there, which keeps a NAT open; 0: never"
    )
    public_address: str = _setting(
        "", _public_address, "the hotline's address for phones beyond its own NAT; empty: it has none"
    )
    local_networks: str = _setting(
        "", _networks, "comma list of networks on this side of that NAT, such as 10.0.0.0/8"
    )
    service_level_s: int = _setting(20, _seconds, "answered within this is in time")
    short_abandon_s: int = _setting(10, _seconds, "hung up within this is a short abandonment")
    ring_s: int = _setting(15, _seconds, "how long an agent's phone rings before the next one does")
    wrapup_s: int = _setting(5, _seconds, "an agent's time after a call before the next one rings")
    unanswered_rings: int = _setting(3, _rings, "an agent is paused after so many in a row; 0: never")
    queue_timeout_s: int = _setting(300, _seconds, "longest wait in the queue")
    call_limit_s: int = _setting(1800, _seconds, "longest call in the menu")
    callback_attempts: int = _setting(
        3, _rings, "a caller who asked for a callback is called so often at most"
    )
    callback_ring_s: int = _setting(30, _seconds, "how long the caller's phone rings then")
    callback_busy_s: int = _setting(180, _seconds, "called again so long after a busy line")
    callback_no_answer_s: int = _setting(600, _seconds, "called again so long after nobody answered")
    callback_least_s: int = _setting(
        5, _seconds, "a shorter talk counts as not reached: a mailbox, a hang-up"
    )
    callback_keep_h: int = _setting(24, _hours, "a callback that was not made within this is given up")
    callback_refused: str = _setting(
        "",
        _prefixes,
        "comma list of prefixes that are never called, beside all that is no mainland subscriber",
    )
    keep_choices_days: int = _setting(
        90, _days, "for how many days a caller's last station is kept, to be offered first; 0: not at all"
    )
    voice: str = _setting(
        "auto", _voice, "who speaks Mandarin: auto (kokoro when installed), espeak, kokoro, or its speaker"
    )
    voice_speed: int = _setting(100, _percent, "how fast the voice speaks, in per cent of its usual speed")
    recordings: str = _setting(
        "", _text, "a folder of sentences that a person recorded; empty: recordings in the home"
    )
    sounds_mb: int = _setting(2000, _megabytes, "sounds that were not played for longest go beyond this")
    sounds_ahead: bool = _setting(
        True,
        _yes_no,
        "whether a running hotline makes the sounds of answers ahead, when nothing else is to be done",
    )
    voice_workers: int = _setting(2, _workers, "processes that make sounds during calls")
    voice_memory_mb: int = _setting(1500, _megabytes, "one of them that takes more memory is replaced")
    asterisk: str = _setting("", _text, "the Asterisk program; empty: look for one")
    asterisk_cache: str = _setting("", _text, "where our own copy of Asterisk lies; empty: ~/.cache")
    agi_mode: str = _setting("server", _agi_mode, "server: FastAGI; process: one process for each call")
    sms_url: str = _setting(
        "", _sms_url, "smpp://user:password@host:port/sender; empty: text messages are files in the home"
    )
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def database(self) -> str:
        """The SQLAlchemy address of the database."""
        return self.database_url or f"sqlite:///{self.home / 'ivr.db'}"

    @property
    def seat_list(self) -> tuple[str, ...]:
        """The seats, in order."""
        return seat_numbers(self.seats)

    @property
    def recordings_folder(self) -> Path:
        """Where sentences that a person recorded lie: ``<language>/<prompt id>.wav``."""
        return _path(self.recordings) if self.recordings.strip() else self.home / "recordings"


SETTING_FIELDS = tuple(f for f in fields(Settings) if f.name != "origins")


def load(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Read the settings.

    ``file`` defaults to ``IVR_CONFIG`` or ``ivr.toml`` beside the project. Raises
    :class:`UsageFault` that names the setting, its origin and a way to mend it.
    """
    environ = os.environ if environ is None else environ
    file = file or settings_file(environ)
    from_file = _read_toml(file)
    known = {f.name for f in SETTING_FIELDS}
    for name in from_file:
        if name not in known:
            raise UsageFault(f"unknown setting '{name}'", where=str(file), mend=_nearest(name, known))
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for setting in SETTING_FIELDS:
        variable = f"IVR_{setting.name.upper()}"
        if variable in environ:
            raw, origin = environ[variable], variable
        elif setting.name in from_file:
            raw, origin = from_file[setting.name], str(file)
        else:
            origins[setting.name] = "default"
            continue
        try:
            values[setting.name] = setting.metadata["read"](raw)
        except ValueError as fault:
            raise UsageFault(
                f"{setting.name} = {raw!r} is wrong: {fault}",
                where=origin,
                mend=f"the default is {setting.default}",
            ) from None
        origins[setting.name] = origin
    settings = Settings(**values, origins=origins)
    if settings.rtp_end <= settings.rtp_start:
        raise UsageFault("rtp_end must be above rtp_start", where=origins["rtp_end"])
    return settings


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """``IVR_*`` variables that are no setting, each with what may have been meant: a misspelt one changes nothing."""
    known = {f"IVR_{f.name.upper()}" for f in SETTING_FIELDS} | {"IVR_CONFIG"}
    names = sorted(os.environ if environ is None else environ)
    return [(name, _nearest(name, known)) for name in names if name.startswith("IVR_") and name not in known]


def settings_file(environ: Mapping[str, str] | None = None) -> Path:
    """The file that :func:`load` reads unless it is told another."""
    return Path((os.environ if environ is None else environ).get("IVR_CONFIG", PROJECT / "ivr.toml"))


def save(name: str, value: str, file: Path) -> None:
    """Set one text setting in ``file``, which is made when it is missing; all other lines stay as they are.

    Raises :class:`UsageFault` for a wrong value and for a file that cannot be read or written.
    """
    reader = next(f.metadata["read"] for f in SETTING_FIELDS if f.name == name)
    try:
        reader(value)
    except ValueError as fault:
        raise UsageFault(f"{name} = '{value}' is wrong: {fault}", where=str(file)) from None
    _read_toml(file)
    line = f'{name} = "{value}"'
    try:
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        kept = [other for other in lines if not re.match(rf"\s*{name}\s*=", other)]
        write_whole(file, "\n".join([*kept, line]) + "\n")
    except OSError as fault:
        raise UsageFault(f"cannot be written: {fault.strerror}", where=str(file)) from None


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise UsageFault(f"cannot be read: {fault}", where=str(file)) from None


def _nearest(name: str, known: set[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{near[0]}'?" if near else "see: ivr settings"
