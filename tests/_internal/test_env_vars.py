import pytest

from truthound._internal.env_vars import describe_malformed, expand, expand_or_raise, referenced_variables
from truthound._internal.redaction import describe_exception, is_secret
from truthound.errors import ConfigError

ENV = {"A": "1", "EMPTY": "", "NESTED": "${A}", "SPACE": "a b; rm -rf"}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("", ""),
        ("x${A}y${A}", "x1y1"),
        ("${A:-2}", "1"),
        ("${B:-2}", "2"),
        ("${B:-}", ""),
        ("${EMPTY}", ""),
        ("${EMPTY:-2}", "2"),
        ("${B:-http://h:80/p?q=a}", "http://h:80/p?q=a"),
        ("${NESTED}", "${A}"),
        ("$${A}", "${A}"),
        ("$$${A}", "$${A}"),
        ("$A {A} $1 $ $$ }", "$A {A} $1 $ $$ }"),
        ("$${} $${1} $${A", "${} ${1} ${A"),
        ("${SPACE}", "a b; rm -rf"),
        (r"^\d{2}$", r"^\d{2}$"),
    ],
)
def test_expand(text, made):
    assert expand(text, ENV) == (made, [])


def test_what_is_not_set_is_named():
    assert expand("${B}${A}${C}", ENV) == ("${B}1${C}", ["B", "C"])
    with pytest.raises(ConfigError, match="variable B is not set") as caught:
        expand_or_raise("${B}${C}${B}", ENV)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [("${A", "${A"), ("x ${1X} y", "${1X}"), ("${}", "${}"), ("${A B}", "${A B}"), ("${A:-x", "${A:-x"), ("${A-x}", "${A-x}"),
     ("${{ secrets.A }}", "${{ secrets.A }")],
)  # fmt: skip
def test_what_looks_like_a_reference_but_is_none_is_told(text, found):
    assert expand(text, ENV) == (text, [found])
    what = "is not a reference to a variable" if found.endswith("}") else "is not closed with }"
    said = f'"{found}" {what}; write ${{NAME}} or ${{NAME:-default}}, or $${{ for a plain ${{'
    assert describe_malformed(text) == [said]
    with pytest.raises(ConfigError) as caught:
        expand_or_raise(text, ENV)
    assert caught.value.problems == (said,)


def test_names():
    assert referenced_variables("${A} ${B:-x} $${C}") == ["A", "B"]


@pytest.mark.parametrize(
    "name", ["DB_PASSWORD", "apiKey", "APIKEY", "PGPASSWORD", "x-auth-token", "Authorization", "SLACK_WEBHOOK_URL", "oauth", "AWSSecretKey",
             "PASSWORD2", "sslpassword", "GITHUB_PAT", "DBPASS", "set-cookie"],
)  # fmt: skip
def test_names_of_secrets(name):
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    ["HOME", "AUTHOR", "KEYBOARD", "MONKEY", "COMPASS", "BYPASS", "TOKENIZER", "PATH", "CERTAIN", "PRIVATEER", "PWD"],
)
def test_names_of_no_secrets(name):
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("password='hun ter2' for user='joe'", "password=••• for user='joe'"),
        ("{'api_key': 'abc', 'n': 1}", "{'api_key': •••, 'n': 1}"),
        ('{"DB_PASSWORD": "a\\"b"}', '{"DB_PASSWORD": •••}'),
        ("secret=abc,x=1 auth_token = t0k;", "secret=•••,x=1 auth_token = •••;"),
        ("unexpected token: a", "unexpected token: a"),
        ("key='x' passed, tokens 3", "key='x' passed, tokens 3"),
        ("login of hunter22 failed at /etc/x.pem", "login of ••• failed at /etc/x.pem"),
    ],
)
def test_an_error_of_other_code_is_told_without_secrets(said, told, monkeypatch):
    monkeypatch.setenv("DB_PASSWORD", "hunter22")
    for name, value in {"MY_CERT_FILE": "/etc/x.pem", "PWD": "/etc", "XDG_SESSION_CLASS": "failed"}.items():
        monkeypatch.setenv(name, value)
    assert describe_exception(ValueError(said)) == f"ValueError: {told}"


def test_an_error_that_cannot_say_what_it_is():
    class Mute(Exception):  # noqa: N818 a name is all it has
        def __str__(self):
            raise RuntimeError

    assert describe_exception(Mute()) == "Mute"
