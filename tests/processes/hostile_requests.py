"""Requests of hostile clients in bytes: each case has a name and an expected status."""

from tests.processes.servers import HOST, SITE_URL

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"


def get(target: str, headers: str = "") -> bytes:
    """Return a request for a page that closes the connection."""
    head = f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n{headers}\r\n"
    return head.encode("latin-1")


def begin_post(headers: str, content_type: str = URLENCODED) -> bytes:
    """Return the head of a form for /sign-in, sent from a page of the site."""
    head = (
        f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {SITE_URL}\r\nConnection: close\r\n"
        f"Content-Type: {content_type}\r\n{headers}\r\n"
    )
    return head.encode("latin-1")


def post(body: bytes, content_type: str = URLENCODED) -> bytes:
    """Return a complete form for /sign-in."""
    return begin_post(f"Content-Length: {len(body)}\r\n", content_type) + body


def parts(number: int, head: bytes = b"") -> bytes:
    """Return a multipart form; each part has its number as name, and `head` in its headers."""
    named = b'--b\r\nContent-Disposition: form-data; name="%d"%b\r\n\r\n\r\n'
    return b"".join(named % (each, head) for each in range(number)) + b"--b--\r\n"


NESTED = b"".join(
    b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (each, each + 1)
    for each in range(900)
)
A_HUNDRED_PAGES = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode() * 100
DRIPPING = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: and slower still\r\n".encode()
LENGTH_OF_MANY_DIGITS = begin_post(f"Content-Length: {'9' * 10_000}\r\n")
CHUNKED = "Transfer-Encoding: chunked\r\n"

#: The connection stays open after these.
UNFINISHED = [
    ("nothing", b""),
    ("half a line", b"GET / HT"),
    ("headers", f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX-More: ".encode()),
    ("empty lines", b"\r\n" * 100),
    ("body", begin_post("Content-Length: 60000\r\n") + b"email=ada%40example.com&"),
    ("body after 100-continue", begin_post("Content-Length: 60000\r\nExpect: 100-continue\r\n")),
    ("chunk", begin_post(CHUNKED) + b"ff\r\nemail="),
    ("chunks", begin_post(CHUNKED) + b"1\r\na\r\n" * 100),
]
TOO_LARGE = [
    ("form of 5 MB", post(b"email=" + b"x" * 5_000_000), 413),
    ("multipart form of 5 MB", post(parts(1, b"x" * 5_000_000), MULTIPART), 413),
    ("10000 parameters", post(b"&".join(b"name%d=" % each for each in range(10_000))), 413),
    ("10000 parts", post(parts(10_000), MULTIPART), 413),
    ("announced terabyte", begin_post(f"Content-Length: {10**12}\r\n") + b"x" * 100_000, 413),
    ("endless chunks", begin_post(CHUNKED) + b"1\r\na\r\n" * 200_000, 413),
    ("chunk as large as memory", begin_post(CHUNKED) + b"fffffffffffffff\r\n" + b"x" * 99_999, 413),
    ("endless size of a chunk", begin_post(CHUNKED) + b"0" * 1_000_000, 413),
    ("endless extension of a chunk", begin_post(CHUNKED) + b"1;" + b"x" * 1_000_000, 413),
    ("endless trailer", begin_post(CHUNKED) + b"0\r\n" + b"X-More: y\r\n" * 100_000, 413),
    ("400 KB of cookies", get("/", f"Cookie: {'a=b; ' * 80_000}\r\n"), 431),
    ("400 KB of cookies in many lines", get("/", f"Cookie: {'a=b; ' * 800}\r\n" * 100), 431),
    ("400 KB of path", get(f"/{'a' * 400_000}"), 431),
    ("400 KB of query", get(f"/?{'a&' * 200_000}"), 431),
    ("10000 headers", get("/", "X-More: y\r\n" * 10_000), 431),
    ("zeros", b"\0" * 200_000, 431),
    ("junk", bytes(range(1, 256)) * 1000, 431),
]
COSTLY_REQUESTS = [
    ("5000 parameters", post(b"&".join(b"name%d=" % each for each in range(5000))), 400),
    ("30000 parameters", post(b"a&" * 30_000), 400),
    ("60000 separators", post(b"&" * 60_000), 400),
    ("5000 tokens", post(b"&".join([b"csrf_token=x"] * 5000)), 400),
    ("5000 parameters in the query", get(f"/sign-in?{'next=&' * 5000}"), 400),
    ("maximum of parameters", post(b"&".join([b"csrf_token=x"] * 1000)), 403),
    ("escapes", post(b"email=" + b"%41" * 21_000), 403),
    ("combining marks to reorder", post(b"email=a" + b"%CC%81%CC%A7" * 5000), 403),
    ("1000 parts", post(parts(1000), MULTIPART), 415),
    (
        "part of 5000 headers",
        post(b"--b\r\n" + b"X: y\r\n" * 5000 + b"\r\n--b--\r\n", MULTIPART),
        415,
    ),
    ("part of 900 parts", post(NESTED, f"{MULTIPART}0"), 415),
    ("part of quotes", post(parts(1, b';\\"' * 20_000), MULTIPART), 415),
    ("part of folded quotes", post(parts(1, b';\\"\r\n ' * 9000), MULTIPART), 415),
    ("part of semicolons", post(parts(1, b"; x" * 20_000), MULTIPART), 415),
    ("lines for parts", post(b"\r\n" * 30_000, MULTIPART), 415),
    ("type of quotes", post(b"a=b", 'text/plain; charset="' + ';\\"' * 9000), 415),
    ("long boundary", post(parts(9), f"multipart/form-data; boundary={'b' * 20_000}"), 415),
    ("deep JSON", post(b"[" * 60_000, "application/json"), 415),
    ("deep XML", post(b"<a>" * 20_000, "text/xml"), 415),
    ("1000 headers", get("/", "".join(f"X-{each}: y\r\n" for each in range(1000))), 200),
    ("one header a thousand times", get("/", "X-More: y\r\n" * 1000), 200),
    ("6000 cookies", get("/sign-in", f"Cookie: {'a=b; ' * 6000}\r\n"), 200),
    ("6000 quoted cookies", get("/sign-in", "Cookie: " + 'a="\\\\"; ' * 3500 + "\r\n"), 200),
    (
        "1000 sessions",
        get("/dashboard", f"Cookie: {'__Host-authsite_session=x; ' * 1000}\r\n"),
        303,
    ),
    ("deep path", get(f"/{'account/' * 3900}"), 404),
    ("deep path up", get(f"/{'../' * 10_000}"), 404),
    ("deep next path", get(f"/sign-in?next={'/..' * 10_000}"), 200),
    ("many languages", get("/", f"Accept-Language: {'en;q=0.5,' * 3000}\r\n"), 200),
    ("many ranges", get("/", f"Range: bytes={'0-1,' * 7000}\r\n"), 200),
]
