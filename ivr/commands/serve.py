"""``ivr serve``: the whole hotline in the foreground, or one of its processes."""

from __future__ import annotations

import click


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Start the hotline in the foreground: Asterisk, the AGI server, the recorder.

    It prints a line that begins with READY when it takes calls, starts again what dies, and stops everything on
    Ctrl-C or SIGTERM.

    \b
    Example:
      ivr serve
      IVR_HOME=/srv/hotline IVR_SIP_PORT=5062 ivr serve
    """
    if ctx.invoked_subcommand is None:
        _everything()


@command.command()
def agi() -> None:
    """The AGI server alone (`ivr serve` starts it).

    \b
    Example:
      ivr serve agi
    """
    from ivr import processes, settings

    processes.run_agi_server(settings.load())


@command.command()
def recorder() -> None:
    """The recorder alone (`ivr serve` starts it).

    \b
    Example:
      ivr serve recorder
    """
    from ivr import processes, settings

    processes.run_recorder(settings.load())


def _everything() -> None:
    from ivr import app
    from ivr.dialogue.queues import with_again
    from ivr.settings import load, unknown_variables
    from ivr.telephony import asterisk_config, asterisk_find, queue_config, serving

    settings = load()
    with serving.only_one(settings.home):
        asterisk = asterisk_find.find(settings)
        serving.check_ports(settings)
        say = serving.open_log(settings.home)
        say(f"Asterisk {asterisk.version}, home {settings.home}")
        for name, mend in unknown_variables():
            say(f"{name}: no such setting ({mend})")
        home = asterisk_config.render(settings, asterisk)
        menus = app.prepare(settings, say)
        queue_config.write_queues(home.etc, with_again(menus.queues).values())
        serving.run(settings, asterisk, say)
        say("stopped")
