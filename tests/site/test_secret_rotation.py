"""`authsite.secret` can be replaced at any time, and sessions stay valid."""

import pytest

NEW = {"authsite.secret": "another secret of the tests, as well known as the first"}


@pytest.mark.asvs("13.3.4")
def test_new_secret_keeps_sessions_and_expires_open_forms(new_application, visit, browser):
    browser.sign_up()
    open_form = browser.get("/account")
    rotated = visit(new_application(**NEW))
    rotated.app.cookiejar = browser.app.cookiejar
    assert rotated.is_signed_in
    fields = dict(open_form.forms[1].submit_fields()) | {"first_name": "Augusta"}
    here = {"Sec-Fetch-Site": "same-origin"}
    assert rotated.app.post("/account", fields, headers=here, status=403)
    assert rotated.submit(rotated.get("/account"), {"first_name": "Augusta"}).status_int == 303


@pytest.mark.asvs("13.3.4")
def test_new_secret_replaces_anonymous_cookies(new_application, visit, browser):
    browser.get("/sign-in")
    previous = browser.app.cookies["authsite_form"]
    rotated = visit(new_application(**NEW))
    rotated.app.cookiejar = browser.app.cookiejar
    assert rotated.sign_up().status_int == 303
    assert previous not in str(rotated.app.cookies)
