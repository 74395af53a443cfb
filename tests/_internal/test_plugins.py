import pytest

from helpers.plugin_packages import install
from truthound._internal import plugins
from truthound.errors import ConfigError
from truthound.validators.registry import make_validator, parse_validators

RULE = """
from truthound.engine.measures import IsNull
from truthound.validators.base import Validator

class Postcode(Validator):
    \"\"\"A rule of another package.\"\"\"
    type = "postcode"
    country: str = "de"

    def check(self, column, dtype, table):
        return self.rows((column,), f"a postcode ({self.country})", IsNull(column))

class Nameless(Validator):
    pass

not_a_class = 5
"""


def test_a_validator_of_another_package(site_packages):
    install(site_packages, "th_post", {"postcode": "th_post:Postcode"}, RULE)
    assert plugins.names("truthound.validators") == ["postcode"]
    assert make_validator("postcode", columns=["a"], country="at").country == "at"
    (by_name,) = parse_validators(["postcode"], {"postcode": {"columns": "plz"}})
    assert by_name.columns == ("plz",)
    with pytest.raises(ConfigError, match=r'validators\[0\]: unknown validator "postcod"; did you mean "postcode"\?'):
        parse_validators(["postcod"])
    with pytest.raises(ConfigError, match=r'validators\[0\]\.postcode\.countri: unknown key; did you mean "country"\?'):
        parse_validators([{"postcode": {"countri": "at"}}])


@pytest.mark.parametrize(
    ("point", "code", "said"),
    [
        ("th_post:Missing", RULE, r"AttributeError"),
        ("th_post:Postcode", "raise RuntimeError('no licence')", r"RuntimeError: no licence"),
        ("th_post:Postcode", "import th_absent", r"ModuleNotFoundError: No module named 'th_absent'"),
        ("th_post:not_a_class", RULE, r'plugin "postcode" is not a subclass of truthound.validators.base.Validator'),
        ("th_post:Nameless", RULE, r'plugin "postcode": Nameless has no type; set it to "postcode"'),
    ],
)
def test_a_broken_plugin_is_an_error_that_names_it(site_packages, point, code, said):
    install(site_packages, "th_post", {"postcode": point}, code)
    with pytest.raises(ConfigError, match=said) as caught:
        parse_validators(["null", "postcode"])
    assert caught.value.problems[0].startswith('validators[1]: plugin "postcode"')


def test_a_broken_plugin_does_not_harm_the_others(site_packages):
    install(site_packages, "th_post", {"postcode": "th_post:Postcode"}, "raise RuntimeError")
    assert len(parse_validators(["null"])) == 1
    with pytest.raises(ConfigError, match='did you mean "null"'):
        parse_validators(["nul"])


def test_a_name_given_twice_is_an_error(site_packages):
    install(site_packages, "th_one", {"postcode": "th_one:Postcode"}, RULE)
    install(site_packages, "th_two", {"postcode": "th_two:Postcode"}, RULE)
    with pytest.raises(
        ConfigError, match=r'plugin "postcode" is given by th_one 1\.2 and by th_two 1\.2; uninstall one'
    ):
        plugins.load("truthound.validators", "postcode")


def test_groups_are_apart(site_packages):
    install(site_packages, "th_act", {"pager": "th_act:Postcode"}, RULE, group="truthound.actions")
    assert plugins.names("truthound.validators") == []
    assert plugins.load("truthound.validators", "pager") is None
    assert plugins.load("truthound.actions", "pager").type == "postcode"
