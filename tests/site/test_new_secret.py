"""`authsite.secret` can be replaced at any time: what it does not protect stays."""

import pytest

NEW = {"authsite.secret": "another secret of the tests, as well known as the first"}


@pytest.mark.asvs("13.3.4")
def test_new_secret_keeps_sessions_and_expires_open_forms(new_application, visit, browser):
    browser.sign_up()
    open_form = browser.get("/account")
    later = visit(new_application(**NEW))
    later.app.cookiejar = browser.app.cookiejar
    assert later.is_signed_in
    fields = dict(open_form.forms[1].submit_fields()) | {"first_name": "Augusta"}
    here = {"Sec-Fetch-Site": "same-origin"}
    assert later.app.post("/account", fields, headers=here, status=403)
    assert later.submit(later.get("/account"), {"first_name": "Augusta"}).status_int == 303


@pytest.mark.asvs("13.3.4")
def test_new_secret_replaces_anonymous_cookies(new_application, visit, browser):
    browser.get("/sign-in")
    former = browser.app.cookies["form"]
    later = visit(new_application(**NEW))
    later.app.cookiejar = browser.app.cookiejar
    assert later.sign_up().status_int == 303
    assert former not in str(later.app.cookies)
