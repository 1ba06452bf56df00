"""The application for servers that import it, such as granian and uWSGI (docs/servers.md).

It reads the production.ini beside this folder, and logs as that file says.
"""

from pathlib import Path

from pyramid.paster import get_app, setup_logging

INI = str(Path(__file__).parents[1] / "production.ini")

setup_logging(INI)
application = get_app(INI)
