"""JSON Schemas (draft 2020-12) of the menu files, for editors that complete and check while one types.

They are made from the tables that the readers use. What needs more than one place of a file (a way to
a part that is not there, a text without a language) is for ``ivr menu check``.
"""

from __future__ import annotations

import json

from ivr.authoring import schema_files
from ivr.authoring.schema_base import Schema
from ivr.authoring.schema_trees import TreeSchema


def schemas() -> dict[str, Schema]:
    """Of each kind of file: ``menu`` is a tree's, ``included`` one that a tree includes."""
    return {
        "menu": TreeSchema().menu(),
        "included": TreeSchema(parameters=True).included(),
        "calendar": schema_files.calendar(),
        "notices": schema_files.notices(),
        "words": schema_files.words(),
        "translations": schema_files.translations(),
        "queues": schema_files.queues(),
    }


def dumped(schema: Schema) -> str:
    """A schema as the text of its file."""
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"
