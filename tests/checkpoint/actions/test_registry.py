"""The names of `truthound.checkpoint.actions`: one table of actions, and imports for type checkers that agree with it."""

import ast
import inspect
import subprocess
import sys

from helpers.channels import CHANNELS
from truthound.checkpoint import actions, async_actions
from truthound.checkpoint.actions.channel import Channel
from truthound.checkpoint.actions.registry import ACTIONS, action_class


def imports_for_type_checkers():
    tree = ast.parse(inspect.getsource(actions))
    block = next(n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    return {alias.asname or alias.name: node.module for node in block.body for alias in node.names}


def test_type_checkers_know_the_names_that_are_loaded():
    differing = {*imports_for_type_checkers(), "ACTIONS"} ^ set(actions.__all__)
    assert not differing, "add their imports to actions/__init__.py, under TYPE_CHECKING"


def test_each_name_is_loaded_from_where_type_checkers_find_it():
    for name, module in imports_for_type_checkers().items():
        assert getattr(actions, name) is getattr(__import__(module, fromlist=[name]), name)


def test_a_row_of_the_registry_is_all_that_an_action_needs():
    for type_name, home in ACTIONS.items():
        cls = getattr(actions, home.partition(":")[2])
        assert cls.type == type_name
        assert getattr(async_actions, f"Async{cls.__name__}").type == type_name


def test_every_channel_is_tried_by_the_tests_of_all():
    channels = {name for name in ACTIONS if issubclass(action_class(name), Channel)}
    missing = channels - set(CHANNELS) - {"email", "apprise"}  # they send by other ways too; SendGrid is tried there
    assert not missing, "add them to CHANNELS in tests/helpers/channels.py, and their limits to LIMITS in limits.py"


def test_importing_the_names_loads_no_action():
    code = "import sys, truthound.checkpoint.actions; print('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
