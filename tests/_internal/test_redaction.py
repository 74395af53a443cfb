"""Secrets are masked in every encoding."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import markupsafe
import pytest
from hypothesis import given
from hypothesis import strategies as st

from truthound._internal.redaction import MASK, redact

_SECRETS = ("pa\"ss/w+\u00f6&rd\\\\ <x>'=\U0001f600", "hunter2", "tok en+/=_~")


@pytest.mark.parametrize("secret", _SECRETS)
@pytest.mark.parametrize(
    "written",
    [
        str, json.dumps, lambda s: json.dumps(s, ensure_ascii=False), lambda s: json.dumps(json.dumps(s)), html.escape,
        lambda s: json.dumps(s).replace("/", r"\/").replace("<", r"\u003C").replace("&", r"\u0026"), quote,
        lambda s: quote(s, safe=""), quote_plus, lambda s: quote_plus(s).lower(), lambda s: str(markupsafe.escape(s)),
    ],
)  # fmt: skip
def test_a_secret_is_masked_however_it_is_written(secret, written):
    shown = redact(f"before {written(secret)} after", [secret])
    assert shown.replace('"', "").replace("\\", "") == f"before {MASK} after"


@pytest.mark.parametrize("secret", _SECRETS)
@pytest.mark.parametrize("user", ["", "u", "me", "you", "user"])
@pytest.mark.parametrize("coded", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_is_masked_in_base64(secret, user, coded):
    for after in ("", ":", "::"):
        told = coded(f"{user}:{secret}{after}".encode()).decode()
        shown = redact(f"Basic {told}", [secret]).partition(MASK)
        assert shown[1]
        assert len(shown[0] + shown[2]) <= len("Basic ") + 12  # the user, and what follows


@given(st.text(max_size=60), st.text(min_size=1, max_size=8))
def test_a_secret_amid_any_text_is_masked(around, secret):
    assert secret not in redact(f"{around}{secret}{around}", [secret]).replace(MASK, "\0") or secret == "\0"


def test_many_backslashes_take_no_time():
    assert redact("\\" * 5000 + "a", ["\\" * 40 + "b"]) == "\\" * 5000 + "a"
