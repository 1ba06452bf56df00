"""Secrets are compared in a time that says nothing of them."""

import ast
import re

import pytest

from tests.site.source import MODULES, uses_of, written

#: What is called so is nothing that anybody should be able to guess.
SECRET = re.compile(
    r"(^|_)(digest|hexdigest|secret|signature|token|password|hash|code|mac|csrf|nonce|pepper)s?$"
)
#: Comparisons of secrets that need not take the same time for all values, each with its reason.
EXCEPTIONS = {
    # In the database, between digests: what is learned about a digest helps nobody to its secret.
    ("accounts/email_links.py", "EmailLink.digest == token.digest"),
    ("accounts/email_links.py", "EmailLink.digest != token.digest"),
    ("accounts/end_sessions.py", "UserSession.secret_digest == token.digest"),
    ("accounts/sign_in.py", "_USERS.c.password_hash == sa.bindparam('seen')"),
    # Between two of the database's values, neither of which anybody has sent.
    ("accounts/sign_in.py", "(user.password_hash, user.delete_after) != as_judged"),
    # Numbers that a mail server answers with.
    ("mail/replies.py", "self.code >= _PERMANENT"),
    ("mail/replies.py", "reply.code in _CLOSING_OR_CONFUSED"),
    ("mail/replies.py", "reply.code != _SIGN_IN_FIRST"),
    ("mail/replies.py", "reply.code == _SIGN_IN_FIRST"),
    # At the start of the site, between two of its operator's values.
    ("settings/loader.py", "settings.secret == DEVELOPMENT_SECRET.encode()"),
    # Not the peppers but their names, which stand in the hashes.
    ("passwords/hasher.py", "pepper != current"),
    ("passwords/hasher.py", "pepper_id not in self._peppers"),
    # The names of fields, of which it is no secret what they are called.
    ("web/interrupted_requests.py", "name != 'csrf_token'"),
    ("web/interrupted_requests.py", "'password' not in name.lower()"),
    # A password that somebody has just typed twice at a shell.
    ("commands/user/create.py", "getpass.getpass('Password again: ') != password"),
    # A password that is just being chosen, looked up among those that everybody knows.
    ("passwords/policy.py", "password not in self.breached"),
}


def is_secret(node):
    """Whether an expression is called as if nobody should be able to guess it."""
    if isinstance(node, ast.Call):
        if ast.unparse(node.func) == "len":
            return False
        return is_secret(node.func) or any(map(is_secret, node.args))
    if isinstance(node, ast.Subscript):
        return is_secret(node.value) or is_secret(node.slice)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(map(is_secret, node.elts))
    if isinstance(node, ast.Attribute):
        encoded = node.attr in {"encode", "hex", "lower", "strip"} and is_secret(node.value)
        return encoded or SECRET.search(node.attr) is not None
    name = node.value if isinstance(node, ast.Constant) else getattr(node, "id", "")
    return isinstance(name, str) and SECRET.search(name) is not None


def comparisons(modules=MODULES):
    """Return each comparison of a secret, but for those with None and such: (path, as written)."""
    return {
        (path, ast.unparse(node))
        for path, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        if not all(isinstance(each, ast.Is | ast.IsNot) for each in node.ops)
        if any(is_secret(each) for each in (node.left, *node.comparators))
    }


@pytest.mark.asvs("11.2.4")
def test_secrets_are_compared_in_constant_time():
    assert comparisons() == EXCEPTIONS
    assert {path for path, _ in uses_of("hmac")} >= {
        "security/csrf.py",
        "security/device_cookie.py",
        "tokens.py",
    }


@pytest.mark.parametrize(
    "source",
    [
        "secret == x",
        "x != y.digest",
        "secret in (x, y)",
        "x in (y, secret)",
        "x not in tokens",
        "x.csrf == y",
        "fields['csrf_token'] == x",
        "x.get('password') == y",
        "x.hexdigest() == y",
        "x == y == token",
        "x == secret.encode()",
        "nonce < x",
    ],
)
def test_a_secret_that_is_compared_in_another_way_would_be_noticed(source):
    assert comparisons(written(source))
