"""The tables, one module per subject; :func:`all_tables` knows them all."""

from __future__ import annotations

import importlib
import pkgutil

from sqlalchemy import MetaData

from ivr.store.database import Base


def all_tables() -> MetaData:
    """The metadata of every table, with all modules of this package imported."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return Base.metadata
