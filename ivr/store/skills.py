"""What agents know: skills with levels, and lists of staff taken in as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ivr.acd.roster import AGAIN
from ivr.acd.staff_list import Listed
from ivr.clock import utc_now
from ivr.errors import IvrError
from ivr.store.agents import find_agent, new_agent, new_pin, salted
from ivr.store.audit import note
from ivr.store.database import reading, writing
from ivr.store.models.acd import Agent, AgentSkill


@dataclass(frozen=True)
class Taken:
    """What became of one row of a staff list: ``added``, ``changed`` or ``same``; ``pin``: one that was made for it."""

    staff: str
    what: str
    pin: str | None = None


def places_of_all(engine: Engine) -> dict[str, dict[str, int]]:
    """staff number → queue → penalty there, of every active agent: the skills with their levels, and in :data:`~ivr.acd.roster.AGAIN`
    a number that nobody else has."""
    with reading(engine) as session:
        agents = session.execute(select(Agent.id, Agent.staff_number).where(Agent.active))
        places = {row.id: (row.staff_number, {AGAIN: row.id}) for row in agents}
        for agent_id, skill, level in session.execute(
            select(AgentSkill.agent_id, AgentSkill.skill, AgentSkill.level)
        ):
            if agent_id in places:  # else one who was added since
                places[agent_id][1][skill] = level
    return dict(places.values())


def set_skills(
    engine: Engine, staff: str, skills: Mapping[str, int], drop: Sequence[str], who: str
) -> dict[str, int]:
    """Give an agent ``skills`` and take those to ``drop`` away; all that the agent then has. Raises :class:`IvrError` for
    an agent who does not exist, and for a skill to drop that the agent does not have."""
    with writing(engine) as session:
        agent = find_agent(session, staff)
        if agent is None:
            raise IvrError(f"no agent has the staff number {staff}", mend="ivr agent list, ivr agent add")
        has = _skills(session, agent)
        lacking = [skill for skill in drop if skill not in has]
        if lacking:
            raise IvrError(
                f"agent {staff} does not have the skill {lacking[0]}", mend=f"ivr agent skill {staff}"
            )
        now = {skill: level for skill, level in sorted({**has, **skills}.items()) if skill not in drop}
        if now != has:
            _replace(session, agent, now)
            note(session, utc_now(), who, "agent skill", staff, {"before": has, "after": now})
    return now


def take_staff_list(engine: Engine, listed: Sequence[Listed], who: str) -> list[Taken]:
    """Add or change the agents of a list, all or none; agents who are not in it stay as they are."""
    # A PIN takes a twentieth of a second to hash: done before the lock is taken.
    made = {row.staff: row.pin or new_pin() for row in listed}
    hashed = {row.staff: salted(made[row.staff]) for row in listed}
    taken = []
    with writing(engine) as session:
        for row in listed:
            agent = find_agent(session, row.staff)
            if agent is None:
                agent = new_agent(row.staff, row.name or "", *hashed[row.staff])
                session.add(agent)
                session.flush()
                what = "added"
            else:
                what = "changed" if _change(agent, row, hashed[row.staff]) else "same"
            before = _skills(session, agent)
            if row.skills is not None and dict(row.skills) != before:
                _replace(session, agent, row.skills)
                what = "added" if what == "added" else "changed"
            made_here = what == "added" and not row.pin
            taken.append(Taken(row.staff, what, made[row.staff] if made_here else None))
        counts = {what: sum(one.what == what for one in taken) for what in ("added", "changed", "same")}
        note(session, utc_now(), who, "agent import", f"{len(taken)} agents", counts)
    return taken


def _change(agent: Agent, row: Listed, hashed: tuple[bytes, bytes]) -> bool:
    changed = False
    if row.name is not None and row.name != agent.name:
        agent.name, changed = row.name, True
    if row.pin:
        agent.pin_salt, agent.pin_hash = hashed
        agent.wrong_pins, agent.locked_until, changed = 0, None, True
    return changed


def _skills(session: Session, agent: Agent) -> dict[str, int]:
    rows = session.scalars(
        select(AgentSkill).where(AgentSkill.agent_id == agent.id).order_by(AgentSkill.skill)
    )
    return {row.skill: row.level for row in rows}


def _replace(session: Session, agent: Agent, skills: Mapping[str, int]) -> None:
    for row in session.scalars(select(AgentSkill).where(AgentSkill.agent_id == agent.id)):
        session.delete(row)
    session.flush()
    session.add_all(
        AgentSkill(agent_id=agent.id, skill=skill, level=level) for skill, level in skills.items()
    )
