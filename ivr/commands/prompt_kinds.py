"""What the commands of ``ivr prompt`` have in common: all that can be said, by kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from ivr.errors import IvrError
from ivr.rail.answers import SLOT_TYPES
from ivr.settings import Settings

if TYPE_CHECKING:
    from ivr.speech import Phrase

#: What sounds are of: whole sentences, the menus' words between values, values by their slot type, names.
KINDS = ("menus", "carriers", *sorted({*SLOT_TYPES} - {"key", "named", "text"}), "names")


def pack_of_folder(settings: Settings) -> dict[Phrase, str]:
    """All that the menus of the folder can say, with what it is."""
    from ivr.app import sound_pack
    from ivr.authoring.loader import load_trees
    from ivr.speech.vocabulary import Known

    trees = load_trees(settings.menus).values()
    try:
        if not settings.database_url and not (settings.home / "ivr.db").exists():
            raise IvrError(
                "none is loaded", mend="ivr db upgrade, ivr rail import; or start the hotline once"
            )
        return sound_pack(settings, trees)
    except (IvrError, OSError) as fault:
        click.echo(f"without the names and trains of railway data: {fault}", err=True)
        return sound_pack(settings, trees, Known())


def only(pack: Mapping[Phrase, str], kinds: Sequence[str], language: str | None = None) -> list[Phrase]:
    return [
        phrase
        for phrase, kind in pack.items()
        if (not kinds or kind in kinds) and language in (None, phrase.language)
    ]


def kinds_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only these; may be repeated."
    )(function)
