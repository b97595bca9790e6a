"""The command line: functions become commands, and what ends one early is told in a sentence."""

import sys
from collections.abc import Callable, Mapping
from importlib.metadata import packages_distributions

from cyclopts import App

from psa.sandbox.processes import NotStarted
from resolvers.recoveries import NotUnderstood
from resolvers.strangers import InTheWay, refuse_strangers
from schema.tour.steps import Unexpected


def obey(said: str, commands: Mapping[str, Callable[..., object]]) -> None:
    """Do what the command line says, by these functions; `said` is the help's first words."""
    app = App(name="app.py", help=said)
    for name, command in commands.items():
        app.command(command, name=name)
    try:
        refuse_strangers(packages_distributions())
        app()
    except (InTheWay, NotStarted, NotUnderstood, Unexpected) as reason:
        sys.exit(str(reason))
