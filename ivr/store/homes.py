"""Agents at home: the number at which each is rung, and only there. It is stored encrypted."""

from __future__ import annotations

import re

from sqlalchemy import Engine, select

from ivr.clock import utc_now
from ivr.errors import IvrError, UsageFault
from ivr.store.agents import find_agent
from ivr.store.audit import note
from ivr.store.database import reading, writing
from ivr.store.models.acd import Agent, AgentHome
from ivr.store.secrets import mask

#: A number as the trunk dials it.
_NUMBER = re.compile(r"\+?[0-9]{5,15}")


def home_of(engine: Engine, staff: str) -> str:
    """The number of an active agent at home, "" where none is stored."""
    with reading(engine) as session:
        wanted = select(AgentHome.number).join(Agent, Agent.id == AgentHome.agent_id)
        return session.scalar(wanted.where(Agent.staff_number == staff, Agent.active)) or ""


def set_home(engine: Engine, staff: str, number: str, who: str) -> None:
    """Store the number, or take it away with "". Raises :class:`UsageFault` for what is no number, :class:`IvrError` for
    an agent who does not exist."""
    if number and not _NUMBER.fullmatch(number):
        raise UsageFault(
            "the number is wrong", where="--number", mend="5 to 15 digits, as the trunk dials them"
        )
    with writing(engine) as session:
        agent = find_agent(session, staff)
        if agent is None:
            raise IvrError(f"no agent has the staff number {staff}", mend="ivr agent list, ivr agent add")
        row = session.get(AgentHome, agent.id)
        if number and row is not None:
            row.number = number
        elif number:
            session.add(AgentHome(agent_id=agent.id, number=number))
        elif row is not None:
            session.delete(row)
        note(session, utc_now(), who, "agent home", staff, {"number": mask(number) or None})
