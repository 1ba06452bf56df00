"""The commands of docs/troubleshooting.md run as they stand there."""

import re
import shlex
from pathlib import Path

from sqlalchemy import create_engine, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from authsite.models import User
from tests.factories import a_message, a_session
from tests.processes.test_as_authsite import machine, run  # noqa: F401 - a fixture
from tests.processes.units import Machine

PAGE = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text("utf-8")
#: The statuses of commands that find a problem: this machine has no mail server and no proxy.
MAY_FAIL = {"doctor", "deliver"}


def test_commands_of_the_page_run(machine: Machine) -> None:  # noqa: F811
    run(machine, "authsite", "migrate", "production.ini")
    for name, options in (("ada", ()), ("grace", ("--admin",))):
        names = ("--first-name", name, "--last-name", "Example")
        run(machine, *CREATE, "--email", f"{name}@example.com", *names, *options)
    suspend = "authsite user suspend production.ini ada@example.com --reason spam"
    run(machine, *shlex.split(suspend))
    add_session_and_deferred_email(machine.path("/var/lib/authsite/authsite.sqlite"))
    commands = re.findall(r"^as-authsite (authsite .*)$", PAGE, re.MULTILINE)
    assert len(commands) >= 20
    for command in commands:
        words = shlex.split(command)
        run(machine, *words, statuses=(0, 1) if words[1] in MAY_FAIL else (0,))


CREATE = ("authsite", "user", "create", "production.ini")


def add_session_and_deferred_email(database: Path) -> None:
    """Add those of ada that the page names by their IDs."""
    engine = create_engine(f"sqlite:///{database}")
    with Session(engine) as dbsession:
        user = dbsession.scalars(
            select(User).where(User.email_normalized == "ada@example.com")
        ).one()
        a_session(dbsession, user, id="ZXlrTW9vTTBJ3S1l")
        to_user = {"user_id": user.id, "recipient": user.email}
        a_message(dbsession, id="bTBJZXlrTW9v3S1l", attempts=1, last_error="full", **to_user)
    engine.dispose()


def test_statements_of_the_page_run(engine: Engine) -> None:
    [deletions] = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    [sizes] = re.findall(r'^as-authsite psql authsite -c "(.*)"$', PAGE, re.MULTILINE)
    with engine.begin() as connection:
        for statement in deletions.strip().splitlines():
            connection.exec_driver_sql(statement)
        if engine.dialect.name == "postgresql":
            assert len(connection.exec_driver_sql(sizes.replace("%", "%%")).all()) == 5
