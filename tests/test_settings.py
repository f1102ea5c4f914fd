"""Settings: where each value comes from, and one line for each that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.errors import UsageFault
from ivr.settings import load, unknown_variables

NONE = Path("/nonexistent/ivr.toml")


def test_environment_over_file_over_default(tmp_path: Path):
    file = tmp_path / "ivr.toml"
    file.write_text('sip_port = 5070\nami_port = 5039\nzone = "Asia/Tokyo"\n')
    settings = load({"IVR_SIP_PORT": "5080"}, file)
    assert (settings.sip_port, settings.ami_port, settings.agi_port) == (5080, 5039, 4573)
    assert str(settings.zone) == "Asia/Tokyo"
    assert settings.origins["sip_port"] == "IVR_SIP_PORT"
    assert settings.origins["ami_port"] == str(file)
    assert settings.origins["agi_port"] == "default"


def test_database_lies_in_the_home_unless_said_otherwise(tmp_path: Path):
    assert load({"IVR_HOME": str(tmp_path)}, NONE).database == f"sqlite:///{tmp_path}/ivr.db"
    assert (
        load({"IVR_DATABASE_URL": "postgresql+psycopg:///ivr"}, NONE).database == "postgresql+psycopg:///ivr"
    )


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        (
            "IVR_SIP_PORT",
            "abc",
            "IVR_SIP_PORT: sip_port = 'abc' is wrong: a port is a whole number from 1 to 65535 (the default is 5060)",
        ),
        ("IVR_SIP_PORT", "0", "a port is a whole number from 1 to 65535"),
        ("IVR_AMI_PORT", "65536", "a port is a whole number from 1 to 65535"),
        ("IVR_AGI_PORT", "５０", "a port is a whole number"),
        ("IVR_BIND", "localhost!", "'localhost!' does not appear to be an IPv4 or IPv6 address"),
        ("IVR_ZONE", "Beijing", "a time zone is a name such as Asia/Shanghai"),
        ("IVR_HOME", " ", "a path must not be empty"),
        ("IVR_QUEUE_TIMEOUT_S", "-1", "it is a whole number of seconds from 0 to 86400"),
        ("IVR_SEATS", "100x", "seats are numbers of 3 to 6 digits, such as 1001-1060,1101"),
        ("IVR_SEATS", "1005-1001", "a range goes up, and there are at most 2000 seats"),
        ("IVR_SEATS", "100000-109999", "a range goes up, and there are at most 2000 seats"),
        ("IVR_SEATS", "1001-10", "seats are numbers of 3 to 6 digits"),
        ("IVR_SEAT_PHONES", "0", "it is a number of phones from 1 to 10"),
        ("IVR_PUBLIC_ADDRESS", "here", "'here' does not appear to be an IPv4 or IPv6 address"),
        ("IVR_LOCAL_NETWORKS", "10.0.0.0/99", "'10.0.0.0/99' does not appear to be an IPv4 or IPv6 network"),
        ("IVR_TRUNK_OUT", "sip:a@b", "it is such as sip.carrier.example:5060, or empty: no calls out"),
        ("IVR_AGI_MODE", "threads", "it is server or process"),
        ("IVR_RTP_END", "9999", "IVR_RTP_END: rtp_end must be above rtp_start"),
    ],
)
def test_wrong_value_is_one_line(variable: str, value: str, line: str):
    with pytest.raises(UsageFault) as caught:
        load({variable: value}, NONE)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_seats_are_ranges_and_numbers():
    given = load({"IVR_SEATS": "1001-1003, 2001,1002"}, NONE)
    assert given.seat_list == ("1001", "1002", "1003", "2001")
    assert load({}, NONE).seat_list == ("1001", "1002", "1003", "1004", "1005")


def test_wrong_file_is_one_line(tmp_path: Path):
    file = tmp_path / "ivr.toml"
    file.write_text("sip_prt = 5070\n")
    with pytest.raises(UsageFault, match=r"unknown setting 'sip_prt' \(did you mean 'sip_port'\?\)"):
        load({}, file)
    file.write_text("colour = 1\n")
    with pytest.raises(UsageFault, match=r"unknown setting 'colour' \(see: ivr settings\)"):
        load({}, file)
    file.write_text("sip_port = = 1\n")
    with pytest.raises(UsageFault, match="cannot be read"):
        load({}, file)


def test_a_misspelt_variable_is_noticed():
    environ = {
        "IVR_SIPPORT": "5070",
        "IVR_SIP_PORT": "5070",
        "IVR_CONFIG": "x",
        "IVR_XYZZY": "red",
        "HOME": "/",
    }
    assert unknown_variables(environ) == [
        ("IVR_SIPPORT", "did you mean 'IVR_SIP_PORT'?"),
        ("IVR_XYZZY", "see: ivr settings"),
    ]
