"""The tree of addresses: children that were hung into it, and branches that are private."""

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError
from pyramid.httpexceptions import HTTPForbidden

from authsite.resources import Private, Resource, add_child
from authsite.resources.base import children_of
from tests.factories import a_request, an_identity


class Trunk(Resource):
    """Somewhere to hang children."""


class Branch(Trunk):
    """A kind of trunk."""


class Vault(Private):
    """Somewhere for the signed-in."""


class Gold(Resource):
    """What lies in the vault."""


class Apple(Resource):
    """A child."""


class Pear(Resource):
    """Another child."""


def a_tree(*children: tuple[type, str, type]) -> Configurator:
    config = Configurator()
    config.add_directive("add_child", add_child)
    for parent, name, child in children:
        config.add_child(parent, name, child)
    config.commit()
    return config


def a_place(kind: type, config: Configurator, **request) -> Resource:
    request = a_request(**request)
    if config.registry.get("authsite.children"):
        request.registry["authsite.children"] = config.registry["authsite.children"]
    return kind(request)


def test_a_child_is_found_by_its_name_and_knows_where_it_hangs():
    trunk = a_place(Trunk, a_tree((Trunk, "apple", Apple), (Trunk, "pear", Pear)))
    apple = trunk["apple"]
    assert type(apple) is Apple
    assert (apple.__name__, apple.__parent__) == ("apple", trunk)
    assert apple.request is trunk.request
    assert type(trunk["pear"]) is Pear


def test_the_root_has_neither_name_nor_parent():
    trunk = a_place(Trunk, a_tree())
    assert (trunk.__name__, trunk.__parent__) == ("", None)


@pytest.mark.parametrize("name", ["plum", "Apple", "apple ", ""])
def test_there_are_no_other_children(name):
    with pytest.raises(KeyError):
        a_place(Trunk, a_tree((Trunk, "apple", Apple)))[name]
    with pytest.raises(KeyError):
        a_place(Trunk, a_tree())[name]


def test_a_kind_of_place_has_the_children_of_its_kind_and_the_nearest_counts():
    config = a_tree((Trunk, "apple", Apple), (Trunk, "fruit", Apple), (Branch, "fruit", Pear))
    branch, trunk = a_place(Branch, config), a_place(Trunk, config)
    assert (type(branch["apple"]), type(branch["fruit"])) == (Apple, Pear)
    assert type(trunk["fruit"]) is Apple


def test_two_children_of_one_name_are_a_mistake_that_is_told():
    with pytest.raises(ConfigurationConflictError):
        a_tree((Trunk, "apple", Apple), (Trunk, "apple", Pear))


def test_a_stranger_learns_nothing_of_what_is_in_a_private_branch():
    vault = a_place(Vault, a_tree((Vault, "gold", Gold)))
    for name in ("gold", "nothing", ""):
        with pytest.raises(HTTPForbidden):
            vault[name]


def test_the_signed_in_find_what_is_in_a_private_branch_and_no_more():
    vault = a_place(Vault, a_tree((Vault, "gold", Gold)), identity=an_identity())
    assert type(vault["gold"]) is Gold
    with pytest.raises(KeyError):
        vault["nothing"]


def test_what_was_hung_into_the_tree_can_be_listed():
    config = a_tree((Trunk, "apple", Apple), (Vault, "gold", Gold))
    assert list(children_of(config.registry)) == [(Trunk, "apple", Apple), (Vault, "gold", Gold)]
    assert list(children_of(a_tree().registry)) == []
