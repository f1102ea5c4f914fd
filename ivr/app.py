"""The composition root: the only place where adapters meet the core."""

from __future__ import annotations

from ivr.settings import Settings
from ivr.store.database import Engine, open_engine
from ivr.store.secrets import use_key


def open_store(settings: Settings) -> Engine:
    """The database of this hotline, ready for use: the data key is taken, the tables are not touched.

    Raises :class:`ivr.errors.IvrError` when the key is damaged or the address makes no sense.
    """
    use_key(settings.home)
    return open_engine(settings.database)
