"""The resource tree: children, and private branches."""

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError
from pyramid.httpexceptions import HTTPForbidden

from authsite.resources import Private, Resource, add_child
from authsite.resources.base import children_of
from tests.factories import a_request, an_identity


class Trunk(Resource):
    """A resource with children."""


class Branch(Trunk):
    """A subclass of a resource with children."""


class Vault(Private):
    """A private resource."""


class Gold(Resource):
    """A child of a private resource."""


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


def a_resource(resource_type: type, config: Configurator, **request) -> Resource:
    request = a_request(**request)
    if config.registry.get("authsite.children"):
        request.registry["authsite.children"] = config.registry["authsite.children"]
    return resource_type(request)


def test_child_is_found_by_name_and_has_its_parent():
    trunk = a_resource(Trunk, a_tree((Trunk, "apple", Apple), (Trunk, "pear", Pear)))
    apple = trunk["apple"]
    assert type(apple) is Apple
    assert (apple.__name__, apple.__parent__) == ("apple", trunk)
    assert apple.request is trunk.request
    assert type(trunk["pear"]) is Pear


def test_root_has_neither_name_nor_parent():
    trunk = a_resource(Trunk, a_tree())
    assert (trunk.__name__, trunk.__parent__) == ("", None)


@pytest.mark.parametrize("name", ["plum", "Apple", "apple ", ""])
def test_unknown_child_is_not_found(name):
    with pytest.raises(KeyError):
        a_resource(Trunk, a_tree((Trunk, "apple", Apple)))[name]
    with pytest.raises(KeyError):
        a_resource(Trunk, a_tree())[name]


def test_subclass_inherits_and_overrides_children():
    config = a_tree((Trunk, "apple", Apple), (Trunk, "fruit", Apple), (Branch, "fruit", Pear))
    branch, trunk = a_resource(Branch, config), a_resource(Trunk, config)
    assert (type(branch["apple"]), type(branch["fruit"])) == (Apple, Pear)
    assert type(trunk["fruit"]) is Apple


def test_two_children_of_one_name_conflict():
    with pytest.raises(ConfigurationConflictError):
        a_tree((Trunk, "apple", Apple), (Trunk, "apple", Pear))


def test_private_resource_hides_its_children_from_anonymous():
    vault = a_resource(Vault, a_tree((Vault, "gold", Gold)))
    for name in ("gold", "nothing", ""):
        with pytest.raises(HTTPForbidden):
            vault[name]


def test_private_resource_shows_its_children_to_users():
    vault = a_resource(Vault, a_tree((Vault, "gold", Gold)), identity=an_identity())
    assert type(vault["gold"]) is Gold
    with pytest.raises(KeyError):
        vault["nothing"]


def test_children_are_listed():
    config = a_tree((Trunk, "apple", Apple), (Vault, "gold", Gold))
    assert list(children_of(config.registry)) == [(Trunk, "apple", Apple), (Vault, "gold", Gold)]
    assert list(children_of(a_tree().registry)) == []
