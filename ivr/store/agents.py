"""Agents: people with a staff number and a PIN.

A PIN is kept as scrypt (N=2¹⁴, r=8, p=1) with a salt of its own. After five wrong ones in a row the staff
number is locked for five minutes; a try during that time fails, right or wrong, and does not prolong it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ivr.acd.staff_list import PIN, STAFF
from ivr.clock import utc_now
from ivr.errors import IvrError, UsageFault
from ivr.store.database import reading, writing
from ivr.store.models.acd import Agent, AgentPause, AgentSession, AgentSkill

WRONG_PINS = 5
LOCKED_FOR = timedelta(minutes=5)
_NO_SALT = bytes(16)


@dataclass(frozen=True)
class AgentState:
    """An agent and what the record says of them now. ``state``: signed_out, signed_in, paused
    (in all queues where they are signed in); ``since``: from when."""

    staff: str
    name: str
    active: bool
    state: str
    since: datetime | None
    queues: tuple[str, ...]
    pause_reason: str
    skills: Mapping[str, int] = field(default_factory=dict)


def add_agent(engine: Engine, staff: str, pin: str, name: str = "") -> None:
    """Add an agent. Raises :class:`UsageFault` for a number or PIN that cannot be keyed in on a phone,
    :class:`IvrError` when the staff number is taken."""
    if not STAFF.fullmatch(staff):
        raise UsageFault(f"staff number '{staff}' is wrong", mend="1 to 10 digits")
    if not PIN.fullmatch(pin):
        raise UsageFault("the PIN is wrong", mend="4 to 12 digits")
    hashed = salted(pin)
    with writing(engine) as session:
        if find_agent(session, staff) is not None:
            raise IvrError(f"staff number {staff} is taken", mend="ivr agent list shows all")
        session.add(new_agent(staff, name, *hashed))


def new_agent(staff: str, name: str, salt: bytes, hashed: bytes) -> Agent:
    """The row of an agent who begins now; the PIN as :func:`salted` gives it."""
    return Agent(staff_number=staff, name=name, pin_salt=salt, pin_hash=hashed, created_at=utc_now())


def salted(pin: str) -> tuple[bytes, bytes]:
    """A fresh salt, and the PIN hashed with it."""
    salt = secrets.token_bytes(16)
    return salt, _hash(pin, salt)


def new_pin() -> str:
    """A random PIN of six digits."""
    return f"{secrets.randbelow(10**6):06}"


def check_pin(session: Session, staff: str, pin: str, now: datetime) -> str:
    """``right``, ``wrong`` or ``locked``, within a transaction for writing. Takes the same time for
    a staff number that does not exist or is no longer active; ``now`` is aware."""
    agent = session.scalar(select(Agent).where(Agent.staff_number == staff).with_for_update())
    salt, expected = (agent.pin_salt, agent.pin_hash) if agent else (_NO_SALT, b"")
    right = hmac.compare_digest(_hash(pin, salt), expected)
    if agent is None or not agent.active:
        return "wrong"
    if agent.locked_until is not None and now < agent.locked_until:
        return "locked"
    if right:
        agent.wrong_pins, agent.locked_until = 0, None
        return "right"
    agent.wrong_pins += 1
    if agent.wrong_pins >= WRONG_PINS:
        agent.wrong_pins, agent.locked_until = 0, now + LOCKED_FOR
        return "locked"
    return "wrong"


def verify_pin(engine: Engine, staff: str, pin: str, *, now: datetime | None = None) -> bool:
    """Whether this is the PIN of an active agent who is not locked out."""
    with writing(engine) as session:
        return check_pin(session, staff, pin, now or utc_now()) == "right"


def agent_exists(engine: Engine, staff: str) -> bool:
    """Whether there is an active agent with this staff number."""
    with reading(engine) as session:
        agent = find_agent(session, staff)
        return agent is not None and agent.active


def list_agents(engine: Engine) -> list[AgentState]:
    """All agents with their state, by staff number."""
    with reading(engine) as session:
        sessions = session.scalars(select(AgentSession).where(AgentSession.ended_at.is_(None))).all()
        pauses = session.scalars(select(AgentPause).where(AgentPause.ended_at.is_(None))).all()
        agents = session.scalars(select(Agent)).all()
        skills = session.scalars(select(AgentSkill).order_by(AgentSkill.skill)).all()
    return sorted(
        (
            _state(
                agent,
                {row.queue: row for row in sessions if row.agent == agent.staff_number},
                {row.queue: row for row in pauses if row.agent == agent.staff_number},
                {row.skill: row.level for row in skills if row.agent_id == agent.id},
            )
            for agent in agents
        ),
        key=lambda state: (len(state.staff), state.staff),
    )


def _state(
    agent: Agent,
    sessions: Mapping[str, AgentSession],
    pauses: Mapping[str, AgentPause],
    skills: Mapping[str, int],
) -> AgentState:
    paused = {queue: row for queue, row in pauses.items() if queue in sessions}
    since: datetime | None = None
    state, reason = "signed_out", ""
    if sessions and len(paused) == len(sessions):
        last = max(paused.values(), key=lambda row: row.began_at)
        state, since, reason = "paused", last.began_at, last.reason
    elif sessions:
        state, since = "signed_in", min(row.began_at for row in sessions.values())
    return AgentState(
        agent.staff_number, agent.name, agent.active, state, since, tuple(sorted(sessions)), reason, skills
    )


def find_agent(session: Session, staff: str) -> Agent | None:
    """The agent with this staff number, active or not."""
    return session.scalar(select(Agent).where(Agent.staff_number == staff))


def _hash(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=2**14, r=8, p=1)
