"""Two browsers of one user, and the page that lists their sessions."""

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
)
PAGE = "/account/sessions"


def at_a_desk(new_browser):
    """Return the browser of a user who has signed up on a desktop computer."""
    browser = new_browser(HTTP_USER_AGENT=FIREFOX)
    browser.sign_up()
    return browser


def on_the_road(new_browser):
    """Return the browser of the same user's phone, signed in."""
    browser = new_browser(HTTP_USER_AGENT=SAFARI, REMOTE_ADDR="198.51.100.7")
    browser.sign_in()
    return browser


def path_of(browser):
    """Return the path of the page of this browser's session."""
    return f"{PAGE}/{browser.cookie.partition('.')[0]}"


def parts_of(page):
    """Return the items of each list of the page, by the heading above it."""
    parts = {}
    for heading in page.html.main("h2"):
        items = heading.find_next_siblings(["h2", "ul"])
        entries = items[0]("li") if items and items[0].name == "ul" else []
        parts[heading.get_text()] = [" ".join(each.get_text().split()) for each in entries]
    return parts


def ended_of(browser):
    """Return the ended sessions that the page lists."""
    return parts_of(browser.get(PAGE)).get("Ended in the last 30 days", [])
