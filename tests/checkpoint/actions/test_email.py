"""E-mail: through a real SMTP server with TLS and login, SendGrid's form, and SES."""

import asyncio
import email
import logging
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.header import decode_header
from email.policy import default

import boto3
import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from moto.server import ThreadedMotoServer

from helpers.hostile import TEXTS, many_issues
from helpers.loopback import Answer, serving
from helpers.made_results import FAILING, HISTORY, failed_result, passed_result
from truthound.checkpoint.actions import EmailNotification, email_message
from truthound.checkpoint.actions.base import ActionContext
from truthound.errors import ConfigError

PASSWORD = "correct horse battery staple"
BASIC = {
    "smtp_host": "localhost",
    "from_address": "Data <dq@example.com>",
    "to_addresses": ["a@example.com", "B <b@example.com>"],
}


class Box:
    """What the server took; `refused` addresses get that answer."""

    def __init__(self, refused=None, answer=None):
        self.mails, self.raw, self.users, self.refused, self.answer = [], [], [], refused or {}, answer

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 the server looks for it
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 the server looks for it
        if self.answer:
            return self.answer
        self.raw.append(envelope.original_content)
        self.mails.append(
            (envelope.mail_from, envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=default))
        )
        return "250 OK"


@contextmanager
def smtp(box, *, tls=None, context=None, login=False):
    def authenticate(server, session, envelope, mechanism, data):
        fine = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
        box.users.append((data.login.decode(), fine))
        return AuthResult(success=fine, handled=fine)

    options = {"authenticator": authenticate, "auth_required": True} if login else {}
    if context and tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    options |= {"auth_require_tls": tls == "starttls"}
    loop, started, ports = asyncio.new_event_loop(), threading.Event(), []

    async def serve():
        made = await loop.create_server(
            lambda: SMTP(box, hostname="localhost", **options), "127.0.0.1", 0, ssl=context if tls == "tls" else None
        )
        ports.append(made.sockets[0].getsockname()[1])
        started.set()
        return made

    def run():
        listening = loop.run_until_complete(serve())
        loop.run_forever()
        listening.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
            loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        for _ in range(20):  # what is closing needs a few turns of the loop
            loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait()
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@pytest.fixture
def trusted(tmp_path, monkeypatch):
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    for names in EmailNotification.variables.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)


def send(result=FAILING, run=None, **options):
    return EmailNotification(**(BASIC | {"retry_count": 0} | options)).execute(result, run)


def parts(letter):
    return tuple(letter.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html"))


def test_a_mail_with_everything(trusted):
    box = Box()
    with smtp(box, tls="starttls", context=trusted, login=True) as port:
        outcome = send(
            smtp_port=port, smtp_user="user", smtp_password=PASSWORD, cc_addresses="c@example.com", bcc_addresses=["d@example.com"],
            reply_to="help@example.com", run=ActionContext(previous=HISTORY[-1], history=lambda: HISTORY), include_examples=True,
        )  # fmt: skip
    assert outcome.status == "success", outcome
    assert box.users == [("user", True)]
    ((sender, recipients, letter),) = box.mails
    assert sender == "dq@example.com"
    assert recipients == ["a@example.com", "b@example.com", "c@example.com", "d@example.com"]
    assert letter["From"] == "Data <dq@example.com>"
    assert letter["To"] == "a@example.com, B <b@example.com>"
    assert letter["Cc"] == "c@example.com"
    assert letter["Reply-To"] == "help@example.com"
    assert "d@example.com" not in letter.as_string()
    assert letter["Subject"] == "[FAILED] users"
    assert letter["Message-ID"].endswith("@example.com>") == (outcome.details["message_id"] == letter["Message-ID"])
    assert letter["Date"]
    plain, page = parts(letter)
    assert "email: not null: 93 (1.86%)" in plain
    assert "row 34 (user_id = 33): email = ∅" in plain
    assert "93 (1.86%)" in page
    assert page.count("height:44px;vertical-align:bottom") == len(HISTORY) + 1
    assert "http" not in page.replace("http-equiv", "")


def test_tls_from_the_start(trusted):
    box = Box()
    with smtp(box, tls="tls", context=trusted) as port:
        assert send(smtp_port=port, use_ssl=True).status == "success"
    assert len(box.mails) == 1


@pytest.mark.parametrize("options", [{}, {"use_ssl": False}, {"use_tls": False}])
def test_port_465_without_tls_from_the_start_is_a_mistake(options):
    with pytest.raises(ConfigError, match=r"smtp_port: .*set use_ssl: true, or smtp_port: 587"):
        EmailNotification(**BASIC, smtp_port=465, **options)
    assert EmailNotification(**BASIC, smtp_port=465, use_ssl=True).smtp_port == 465


def test_a_server_without_tls_is_an_error_unless_use_tls_is_false():
    box = Box()
    with smtp(box) as port:
        outcome = send(smtp_port=port)
        assert outcome.status == "failure"
        assert "STARTTLS" in outcome.message
        assert send(smtp_port=port, use_tls=False).status == "success"
    assert len(box.mails) == 1


def test_a_port_without_tls_from_the_start_is_named():
    with smtp(Box()) as port:
        outcome = send(smtp_port=port, use_ssl=True, retry_count=2)
    assert (outcome.status.value, outcome.details["attempts"]) == ("failure", 1)
    assert f"is {port} the port for TLS from the start? use_ssl: false is for STARTTLS" in outcome.message


def test_a_certificate_that_is_not_trusted(trusted, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with smtp(Box(), tls="starttls", context=trusted) as port:
        outcome = send(smtp_port=port, retry_count=2)
    assert outcome.status == "failure"
    assert "certificate of localhost" in outcome.message
    assert outcome.details["attempts"] == 1


def test_a_wrong_password(trusted):
    box = Box()
    with smtp(box, tls="starttls", context=trusted, login=True) as port:
        outcome = send(smtp_port=port, smtp_user="user", smtp_password="wrong-password", retry_count=2)
    assert outcome.status == "failure"
    assert "does not accept the user and password: 535" in outcome.message
    assert outcome.details["attempts"] == 1
    assert "wrong-password" not in repr(outcome)


def test_a_password_is_never_sent_in_the_clear():
    outcome = send(smtp_host="mail.example.com", use_tls=False, smtp_user="u", smtp_password=PASSWORD)
    assert outcome.status == "error"
    assert "in the clear" in outcome.message


def test_only_transient_errors_are_retried():
    for answer, attempts in (("451 try later", 3), ("554 no", 1)):
        with smtp(Box(answer=answer)) as port:
            outcome = send(smtp_port=port, use_tls=False, retry_count=2, retry_delay_seconds=0)
        assert outcome.status == "failure"
        assert outcome.details["attempts"] == attempts
        assert answer in outcome.message


def test_an_error_after_the_mail_was_accepted_is_ignored():
    class Rude(Box):
        async def handle_QUIT(self, server, session, envelope):  # noqa: N802 the server looks for it
            return "421 busy"

    box = Rude()
    with smtp(box) as port:
        assert send(smtp_port=port, use_tls=False, retry_count=2, retry_delay_seconds=0).status == "success"
    assert len(box.mails) == 1


@pytest.mark.parametrize("before", range(160, 200, 5))
def test_a_truncated_reply_reveals_no_part_of_a_password(before):
    with smtp(Box(answer=f"554 {'x' * before}{PASSWORD}")) as port:
        outcome = send(smtp_port=port, use_tls=False, smtp_password=PASSWORD)
    assert "xx" in outcome.message
    assert PASSWORD[:2] not in outcome.message.partition("xx")[2]


class Losing(Box):
    """Loses the first connection after it took the mail: it hangs up, says nothing for good, or says no word of SMTP."""

    def __init__(self, how="drop"):
        super().__init__()
        self.how = how

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 the server looks for it
        await super().handle_DATA(server, session, envelope)
        if len(self.mails) > 1:
            return "250 OK"
        if self.how == "drop":
            server.transport.abort()
        if self.how == "hang":
            await asyncio.sleep(60)
        return "HTTP/1.1 200 OK" if self.how == "babble" else "250 OK"


@pytest.mark.parametrize(
    ("how", "face"), [("drop", "thread"), ("drop", "loop"), ("hang", "thread"), ("babble", "thread")]
)
def test_a_mail_that_may_have_been_delivered_is_not_sent_again(how, face):
    box = Losing(how)
    with smtp(box) as port:
        made = EmailNotification(**BASIC, smtp_port=port, use_tls=False, timeout_seconds=3 if how == "hang" else 30)
        outcome = made.execute(FAILING) if face == "thread" else asyncio.run(made.aexecute(FAILING))
    assert len(box.mails) == 1
    assert (outcome.status.value, outcome.details["attempts"]) == ("failure", 1)
    assert outcome.details["may_have_been_delivered"] is True
    assert outcome.message.endswith("it may have been delivered anyway, so it was not retried")


def test_a_mail_that_is_sent_again_on_request_is_the_same_mail():
    box = Losing()
    with smtp(box) as port:
        options = {
            "smtp_port": port,
            "use_tls": False,
            "retry_count": 2,
            "retry_delay_seconds": 0,
            "at_least_once": True,
        }
        outcome = send(**options)
        send(failed_result(run_id="another"), **options)
        send(name="another", **options)
    assert (outcome.status.value, outcome.details["attempts"]) == ("success", 2)
    known = [m["Message-ID"] for _, _, m in box.mails]
    assert len(known) == 4
    assert known[0] == known[1] == outcome.details["message_id"]
    assert len(set(known[1:])) == 3
    assert box.raw[0].count(b"Message-ID") == 1


def test_a_connection_that_breaks_before_the_mail_is_made_again():
    class Moody(Box):
        async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 the server looks for it
            self.users.append(address)
            if len(self.users) == 1:
                server.transport.abort()
            return await super().handle_RCPT(server, session, envelope, address, options)

    box = Moody()
    with smtp(box) as port:
        outcome = send(smtp_port=port, use_tls=False, retry_count=2, retry_delay_seconds=0)
    assert (outcome.status.value, outcome.details["attempts"]) == ("success", 2)
    assert len(box.mails) == 1


def test_the_time_limit_is_for_the_whole_conversation():
    """A limit for each answer would not end a greeting that never does."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet():
            connection, _ = server.accept()
            with connection, suppress(OSError):
                for _ in range(100):  # each line comes in time
                    connection.sendall(b"220-welcome\r\n")
                    if over.wait(0.05):
                        break

        over, greeter = threading.Event(), threading.Thread(target=greet)
        greeter.start()
        try:
            outcome = send(smtp_port=server.getsockname()[1], use_tls=False, timeout_seconds=0.3, retry_count=2)
        finally:
            over.set()
            greeter.join()
    assert outcome.message == "not done within 0.3 s (timeout_seconds)"  # and nothing was sent
    assert outcome.details == {"attempts": 1}


ENCODED = "=?utf-8?q?x=0D=0ABcc:_evil@example.com=0D=0A=0D=0Abody?="


@pytest.mark.parametrize("name", [ENCODED, f"é {ENCODED}", "名前 " * 60, "a" * 300, "x y " * 70, 'é?",[? 🔥 ' * 20])
def test_a_name_in_the_subject_writes_no_other_header(name):
    box = Box()
    with smtp(box) as port:
        result = replace(FAILING, checkpoint_name=name, run_id=ENCODED)
        assert send(result, smtp_port=port, use_tls=False).status == "success"
    ((_, recipients, letter),) = box.mails
    assert recipients == ["a@example.com", "b@example.com"]
    assert letter["Bcc"] is None
    assert "evil@example.com" not in letter["X-Truthound-Run"]
    assert letter.is_multipart()  # the headers end where they should
    written = email.message_from_bytes(box.raw[0])["Subject"].replace("\r\n", "")
    shown = "".join(t if isinstance(t, str) else t.decode(c or "ascii") for t, c in decode_header(written))
    assert shown == email_message.one_line_subject(f"[FAILED] {name}")
    assert all(len(word) <= 75 for word in written.split() if word.startswith("=?"))


def test_some_addresses_are_refused():
    box = Box({"a@example.com": "550 no such user"})
    with smtp(box) as port:
        outcome = send(smtp_port=port, use_tls=False, retry_count=2)
    assert outcome.status == "failure"
    assert "1 of 2 recipients: a@example.com: 550 no such user" in outcome.message
    assert outcome.details["sent"] == ["b@example.com"]
    assert outcome.details["attempts"] == 1
    assert len(box.mails) == 1


def test_all_addresses_are_refused():
    for code, attempts in ((450, 2), (550, 1)):
        with smtp(Box(dict.fromkeys(("a@example.com", "b@example.com"), f"{code} no"))) as port:
            outcome = send(smtp_port=port, use_tls=False, retry_count=1, retry_delay_seconds=0)
        assert outcome.status == "failure"
        assert "refused every address" in outcome.message
        assert outcome.details["attempts"] == attempts


def test_an_unreachable_server():
    outcome = send(smtp_port=1, use_tls=False, retry_count=1, retry_delay_seconds=0)
    assert outcome.status == "failure"
    assert "localhost:1 could not be reached" in outcome.message
    assert outcome.details["attempts"] == 2


def test_hostile_data_stay_data():
    box = Box()
    with smtp(box) as port:
        outcome = send(many_issues(1000), smtp_port=port, use_tls=False, subject_template="x\nBcc: x@example.com {checkpoint_name}",
                       include_examples=True)  # fmt: skip
    assert outcome.status == "success", outcome
    ((_, recipients, letter),) = box.mails
    assert recipients == ["a@example.com", "b@example.com"]
    assert letter["Bcc"] is None
    assert "Bcc: x@example.com" in letter["Subject"]
    plain, page = parts(letter)
    assert len(page.encode()) <= 90_000
    for text in ("<script>", "<img src=x", "\x1b", "\u202e"):
        assert text not in page
    assert "\x1b" not in plain
    assert "more" in plain


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_text_in_addresses_is_refused(text):
    with pytest.raises(ConfigError):
        EmailNotification(to_addresses=[f"a@example.com\r\nBcc: {text}"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"to_addresses": "nobody"}, "not an address"),
        ({"provider": "sendgrid", "smtp_host": "x"}, "smtp_host: not for the provider sendgrid"),
        ({"api_key": "x"}, "api_key: not for the provider smtp"),
        ({"subject_template": "{checkpoint_nam}"}, 'knows no "checkpoint_nam"; did you mean "checkpoint_name"'),
        ({"provider": "sendgird"}, 'did you mean "sendgrid"'),
        ({"include_html": False, "html_template": "x"}, "no HTML part"),
        ({"smtp_prt": 3}, 'did you mean "smtp_port"'),
    ],
)
def test_mistakes(options, said):
    with pytest.raises(ConfigError, match=said):
        EmailNotification(**options)


def test_defaults_come_from_the_environment(monkeypatch):
    assert {p.partition(" ")[0] for p in EmailNotification().problems({})} == {
        "to_addresses",
        "smtp_host",
        "from_address",
    }
    given = {"SMTP_HOST": "localhost", "EMAIL_TO": "a@example.com, b@example.com", "EMAIL_FROM": "dq@example.com"}
    assert EmailNotification().problems(given) == []
    assert any(
        "not one" in p or "not an address" in p for p in EmailNotification().problems(given | {"EMAIL_TO": "x y"})
    )
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    box = Box()
    with smtp(box) as port:
        assert EmailNotification(smtp_port=port, use_tls=False).execute(failed_result()).status == "success"
    assert box.mails[0][1] == ["a@example.com", "b@example.com"]


def test_templates():
    box = Box()
    with smtp(box) as port:
        own = {
            "body_template": "{checkpoint_name} & {{ issue_count }}",
            "html_template": "<p>{{ checkpoint_name }} {{ issues[0].subject }}</p>",
        }
        send(smtp_port=port, use_tls=False, **own)
        send(smtp_port=port, use_tls=False, body_template="<{checkpoint_name}>", include_html=True)
        send(smtp_port=port, use_tls=False, include_html=False, custom_message="Dear {checkpoint_name}")
    first, second, third = (m[2] for m in box.mails)
    assert parts(first) == ("users & 4\n", "<p>users email</p>\n")
    assert "&lt;users&gt;" in parts(second)[1]
    assert third.get_content_type() == "text/plain"
    assert "Dear users" in third.get_content()


@pytest.mark.parametrize("option", ["subject_template", "body_template", "html_template", "custom_message"])
def test_a_template_that_fails_is_replaced_by_the_default(option):
    box = Box()
    with smtp(box) as port:
        first = send(smtp_port=port, use_tls=False)
        outcome = send(smtp_port=port, use_tls=False, report_url="www.example.com", **{option: "{{ metadata.x.y }}"})
    assert (first.status.value, outcome.status.value) == ("success", "success")
    assert [n.partition(":")[0] for n in outcome.details["notes"]] == [option, "a link was left out"]
    plain, own = (m for _, _, m in box.mails)
    assert own["Subject"] == plain["Subject"]
    assert parts(own) == parts(plain)


def test_nothing_is_sent_when_the_run_passes():
    assert send(passed_result()).status == "skipped"


def test_sendgrid():
    with serving(Answer(202, b"", {"X-Message-Id": "m7"})) as server:
        outcome = EmailNotification(
            provider="sendgrid", api_key="SG.secret-key", api_url=server.url, from_address="Data <dq@example.com>",
            to_addresses=["a@example.com", "A@example.com"], cc_addresses="c@example.com", reply_to="r@example.com",
        ).execute(FAILING)  # fmt: skip
    assert outcome.details["message_id"] == "m7"
    (sent,) = server.got
    assert sent.headers["authorization"] == "Bearer SG.secret-key"
    body = sent.json
    assert body["personalizations"] == [{"to": [{"email": "a@example.com"}], "cc": [{"email": "c@example.com"}]}]
    assert body["from"] == {"email": "dq@example.com", "name": "Data"}
    assert body["reply_to_list"] == [{"email": "r@example.com"}]
    assert [c["type"] for c in body["content"]] == ["text/plain", "text/html"]
    assert set(body) == {"personalizations", "from", "reply_to_list", "subject", "content"}


@pytest.fixture(scope="module")
def aws():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def credentials(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y" * 20,
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)


def by_ses(url, **options):
    return EmailNotification(
        provider="ses",
        api_url=url,
        from_address="dq@example.com",
        to_addresses="a@example.com",
        **{"retry_count": 0, **options},
    ).execute(FAILING)


def test_ses(aws, credentials):
    refused = by_ses(aws)
    assert refused.status == "failure"
    assert "not verified" in refused.message.lower() or "MessageRejected" in refused.message
    boto3.client("sesv2", endpoint_url=aws).create_email_identity(EmailIdentity="dq@example.com")
    outcome = by_ses(aws)
    assert outcome.status == "success", outcome
    assert outcome.details["message_id"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(200, {"MessageId": "m"}, cut=2), (1, True)), (Answer(500, {"message": "x"}), (1, True)),
        (Answer(503, {"message": "x"}), (2, False)), (Answer(429, {"message": "x"}), (2, False)),
        (Answer(400, {"message": "x"}), (1, False)),
    ],
    ids=["cut", "500", "503", "429", "400"],
)  # fmt: skip
def test_a_mail_that_ses_may_have_accepted_is_not_sent_again(answer, expected, credentials, monkeypatch, caplog):
    attempts, unsure = expected
    monkeypatch.setenv("AWS_SESSION_TOKEN", "s3cret-session-token")
    caplog.set_level(logging.DEBUG)
    with serving(answer) as server:
        outcome = by_ses(server.url, retry_count=1, retry_delay_seconds=0)
    assert (outcome.status.value, outcome.details["attempts"], len(server.got)) == ("failure", attempts, attempts)
    assert outcome.details.get("may_have_been_delivered", False) is unsure
    assert server.got[0].headers["x-amz-security-token"] == "s3cret-session-token"
    assert "s3cret" not in caplog.text


def test_ses_is_unreachable(credentials):
    outcome = by_ses("http://127.0.0.1:1")
    assert outcome.status == "failure"
    assert "could not be reached" in outcome.message


def test_ses_without_credentials(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    outcome = by_ses("http://127.0.0.1:1")
    assert outcome.status == "failure"
    assert "credentials" in outcome.message


@pytest.mark.parametrize(
    ("provider", "most", "said"),
    [("ses", 50, "SES sends to 50 addresses"), ("sendgrid", 1000, "SendGrid sends to 1,000 addresses")],
)
def test_services_have_a_limit(provider, most, said):
    many = [f"a{i}@example.com" for i in range(most + 1)]
    options = {"provider": provider, "from_address": "dq@example.com"} | (
        {"api_key": "k"} if provider == "sendgrid" else {}
    )
    assert EmailNotification(**options, to_addresses=many).problems({}) == [f"{said} at once; there are {most + 1:,}"]
    assert EmailNotification(**options, to_addresses=many[1:]).problems({}) == []


@pytest.mark.parametrize("told", ["a@example.com", "Team <a@example.com>", '"Last, First" <a@example.com>'])
def test_addresses(told):
    assert email_message.parse_address(told)


@pytest.mark.parametrize(
    "told", ["", "a", "a@", "@b", "a b@c.de", "a@b, c@d", '"=?utf-8?q?x?=" <a@b.cd>', "a@b\nBcc: c@d", "ä@example.com"]
)
def test_no_addresses(told):
    with pytest.raises(ValueError):
        email_message.parse_address(told)


def test_mails_that_differ_have_different_ids():
    result, options = failed_result(), BASIC | {"use_tls": False}
    made = [
        EmailNotification(**options, name="a"), EmailNotification(**options, name="b"),
        EmailNotification(**options | {"to_addresses": "c@example.com"}, name="a"),
    ]  # fmt: skip
    later = replace(result, run_time=result.run_time.replace(year=2030))  # a run's name may be that of a run before
    with smtp(box := Box()) as port:
        for action in made:
            action.model_copy(update={"smtp_port": port}).execute(result)
        made[0].model_copy(update={"smtp_port": port}).execute(later)
    assert len({m["Message-ID"] for _, _, m in box.mails}) == 4


def test_missing_certificates_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    made = EmailNotification(**BASIC, smtp_port=1).execute(failed_result())
    assert made.message.startswith(f"the certificates of SSL_CERT_FILE={tmp_path / 'none.pem'} cannot be read: ")


def test_ses_trusts_the_private_authority_of_the_environment(trusted, credentials, monkeypatch):
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    with serving(Answer(200, {"MessageId": "m1"}), tls=trusted) as server:
        made = by_ses(server.url)
        assert (made.status, made.details["message_id"]) == ("success", "m1")
        monkeypatch.delenv("SSL_CERT_FILE")
        assert by_ses(server.url).status == "failure"
