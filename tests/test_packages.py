"""A package of many files says in its docstring which of them belong together."""

import importlib
import pkgutil
import re

import pytest


@pytest.mark.parametrize("name", ["truthound.checkpoint.actions", "truthound.engine.polars"])
def test_every_file_is_named_in_the_docstring(name):
    package = importlib.import_module(name)
    named = set(re.findall(r"\w+", package.__doc__))
    missing = {module.name for module in pkgutil.iter_modules(package.__path__) if not module.ispkg} - named
    assert not missing, f"name them in the docstring of {package.__file__}"
