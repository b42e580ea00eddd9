"""The `fairlead` command.

app          the commands and their help
loading      finds the application named `module:attribute`
serving      one uvicorn server that stops cleanly
development  `fairlead dev`: dev cluster, seed, simulator, server, generated types
processes    child processes that are watched, restarted and ended
"""

from fairlead.cli.app import main

__all__ = ["main"]
