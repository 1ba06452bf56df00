"""The sign-up form of docs/extending.md works as documented."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from authsite.services import services_of
from tests.browsers import PASSWORD, Browser
from tests.functional.reading import alert_of, description_of, input_of

pytestmark = pytest.mark.one_database

PAGE = (Path(__file__).parents[2] / "docs" / "extending.md").read_text("utf-8")
[CODE] = re.findall(r"^`myapp/sign_up.py`\n\n```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FIELDS = {
    "first_name": "Ada Lovelace",
    "email": "ada@example.com",
    "password": PASSWORD,
    "confirm_password": PASSWORD,
    "company": "Analytical Engines",
    "terms": True,
}


def test_documented_sign_up_form(
    new_application: Callable[..., Any], visit: Callable[..., Browser], dbsession: Any
) -> None:
    module: dict[str, Any] = {"__name__": "myapp.sign_up"}
    exec(compile(CODE, "myapp/sign_up.py", "exec"), module)
    application = new_application(module["includeme"])
    engine = services_of(application.registry).database.write_engine
    module["Base"].metadata.create_all(engine)
    try:
        browser = visit(application)
        page = browser.submit(browser.get("/sign-up"), FIELDS | {"terms": False})
        assert "Accept the terms to sign up." in alert_of(page)
        page = browser.submit(page, FIELDS | {"company": "Competitor Ltd"})
        assert page.status_int == 422
        assert "We can't serve this company." in description_of(page, "company")
        assert input_of(page, "company")["value"] == "Competitor Ltd"
        answer = browser.submit(page, FIELDS)
        assert (answer.status_int, answer.location) == (303, "http://localhost/dashboard")
        customers = dbsession.execute(sa.select(module["Customer"].company)).scalars().all()
        assert customers == ["Analytical Engines"]
    finally:
        dbsession.rollback()
        module["Base"].metadata.drop_all(engine)
