"""Shows something again and again on one screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import tzinfo

import click

from ivr.clock import utc_now
from ivr.errors import IvrError, UsageFault


def repeat(shown: Callable[[], str], every_s: float, zone: tzinfo) -> None:
    """Show what ``shown`` gives every so many seconds until Ctrl-C, under the time of the site. What cannot be had
    (the database is being restarted) is said, and tried again; wrong usage is raised."""
    try:
        while True:
            try:
                text = shown()
            except UsageFault:
                raise
            except IvrError as fault:
                text = f"ivr: {fault}"
            click.clear()
            click.echo(f"{utc_now().astimezone(zone):%Y-%m-%d %H:%M:%S}\n\n{text}")
            time.sleep(every_s)
    except KeyboardInterrupt:
        return
