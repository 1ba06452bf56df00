"""No regular expression of the package takes long, whatever it is given to read."""

import ast
import re
import signal

import pytest

from tests.site.source import MODULES, calls, full_name, imported_as, names, written

#: Characters of a hostile text. Nothing that a pattern reads is longer but the body of a form.
LENGTH = 20_000
#: Seconds for all hostile texts together, at one pattern; it takes a hundredth of it.
PATIENCE = 20
#: What cannot be read in two ways although the check says so, each with its reason.
EXCEPTIONS = {
    # Each line begins with 35 characters and ends with a line feed, or where all ends.
    r"(?:[0-9A-F]{35}:[0-9]{1,12}(?:\r?\n|\Z))+",
}


def patterns(modules=MODULES):
    """Return every regular expression of the package, and where it stands."""
    return [
        (path, call)
        for path, _, call in calls(modules)
        if re.fullmatch(r"re\.[a-z]+", full_name(call.func, imported_as(modules[path])) or "")
    ]


def texts():
    """Return each regular expression of the package, as text."""
    found = [call.args[0].value for _, call in patterns()]
    return sorted(each.decode() if isinstance(each, bytes) else each for each in found)


@pytest.mark.asvs("1.2.9")
def test_no_pattern_is_made_of_what_is_given():
    assert patterns()
    assert [path for path, call in patterns() if not isinstance(call.args[0], ast.Constant)] == []
    assert {name for _, name in names() if name.startswith("re.")} <= {
        *(
            f"re.{each}"
            for each in ("compile", "fullmatch", "Match", "ASCII", "DOTALL", "IGNORECASE")
        )
    }


def tree(pattern):
    """Return the pattern as Python's own parser reads it."""
    return re._parser.parse(pattern)


def parts_of(argument):
    """Yield what a part of a pattern is made of, at any depth of lists."""
    for each in argument if isinstance(argument, tuple | list) else ():
        if hasattr(each, "data"):
            yield each
        else:
            yield from parts_of(each)


def is_ambiguous(parsed, *, inside=False):
    """Whether there is a repetition within a repetition, or alternatives within one.

    A repetition is whatever can be there twice or more; one of a fixed number is none, unless it
    has alternatives in it. This names too many and, in one sequence, misses neighbours that read
    the same; those are for the clock.
    """
    for operation, argument in parsed:
        name = str(operation)
        repeats = name in {"MAX_REPEAT", "MIN_REPEAT"} and argument[1] > 1
        varies = repeats and argument[0] != argument[1]
        if inside and (varies or name == "BRANCH"):
            return True
        if any(is_ambiguous(each, inside=inside or repeats) for each in parts_of(argument)):
            return True
    return False


def example(parsed):
    """Return a text that the pattern, or a part of it, takes."""
    text = ""
    for operation, argument in parsed:
        name, parts = str(operation), list(parts_of(argument))
        if name == "LITERAL":
            text += chr(argument)
        elif name == "IN":
            text += _one_of(argument)
        elif name in {"NOT_LITERAL", "ANY"}:
            text += "x"
        elif name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            text += example(parts[0]) * max(1, argument[0])
        elif name in {"SUBPATTERN", "BRANCH", "ATOMIC_GROUP"}:
            text += example(parts[0])
    return text


def _one_of(members):
    for operation, argument in members:
        name = str(operation)
        if name == "NEGATE":
            return "x"
        if name in {"LITERAL", "RANGE"}:
            return chr(argument if name == "LITERAL" else argument[0])
    return "1"  # a digit, and a word


def hostile_texts(parsed, before=""):
    """Yield, for each repetition, a text that goes on with it for long and then ends wrongly."""
    for place, (operation, argument) in enumerate(parsed):
        begun = before + example(list(parsed)[:place])
        for part in parts_of(argument):
            if str(operation) in {"MAX_REPEAT", "MIN_REPEAT"} and argument[1] > 1:
                for again in _ways_through(part):
                    yield begun + again * (LENGTH // max(1, len(again))) + "\x01"
            yield from hostile_texts(part, begun)
    if not before:
        whole = example(parsed)
        yield whole * (LENGTH // max(1, len(whole)))
        yield from (each * LENGTH for each in sorted(set(whole)))


def _ways_through(part):
    """Return a text for the part, and one for each alternative in it."""
    ways = [example(part)]
    for operation, argument in part:
        if str(operation) in {"BRANCH", "SUBPATTERN"}:
            ways += [way for each in parts_of(argument) for way in _ways_through(each)]
    return [way for way in ways if way]


class TooSlowError(Exception):
    """A pattern has not come to an end."""


def keeps_waiting(pattern, *, patience):
    """Whether a pattern needs longer than `patience` seconds for all hostile texts."""

    def give_up(_signal, _frame):
        raise TooSlowError

    compiled = re.compile(pattern)
    former = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, patience)
    try:
        for text in hostile_texts(tree(pattern)):
            compiled.fullmatch(text)
            compiled.search(text)
    except TooSlowError:
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
    return False


@pytest.mark.asvs("1.3.12")
def test_no_pattern_repeats_what_repeats_or_has_alternatives():
    assert {each for each in texts() if is_ambiguous(tree(each))} == EXCEPTIONS


@pytest.mark.asvs("1.3.12")
@pytest.mark.parametrize("pattern", texts())
def test_no_hostile_text_keeps_a_pattern_busy(pattern):
    assert not keeps_waiting(pattern, patience=PATIENCE)


#: Not among them is `(\w|\d)+`, of which Python makes one set, so that it is read in one way.
SLOW = ["(a+)+b", "(a|a)*b", "((a*)b?)*", "(?:x+?)+y", "(a{1,900})+b", "(ab|abab)*c"]


@pytest.mark.parametrize(
    "slow", [*SLOW, "(a|b*)*c", "(a(b(c+))*)d+", r"([\w]|\d{1,2})+$", r"(?:\w|\d\d)+$"]
)
def test_a_pattern_that_can_be_read_in_many_ways_would_be_noticed(slow):
    assert is_ambiguous(tree(slow))


@pytest.mark.parametrize("slow", [*SLOW, r"(?:\w|\d\d)+$", r"a*a*a*a*b"])
def test_a_pattern_that_keeps_waiting_would_be_noticed(slow):
    assert keeps_waiting(slow, patience=0.5)


@pytest.mark.parametrize(
    "source", ["re.compile(x)", "re.match('a' + x, y)", "import re as r\nr.search(f'{x}', y)"]
)
def test_a_pattern_that_is_made_would_be_noticed(source):
    found = patterns(written(f"import re\n{source}"))
    assert [path for path, call in found if not isinstance(call.args[0], ast.Constant)]
