import pytest
from pydantic import AliasChoices, Field, SecretStr

from truthound.checkpoint.actions import SlackNotification, WebhookAction
from truthound.checkpoint.actions.channel import Channel
from truthound.checkpoint.actions.channel_options import config_of
from truthound.errors import ConfigError

URL = "https://example.com/hook"
SlackConfig = config_of(SlackNotification, "SlackConfig")
WebhookConfig = config_of(WebhookAction, "WebhookConfig")


def test_all_options_arrive():
    given = {
        "webhook_url": URL,
        "mention_on_failure": ["@here"],
        "retry_count": 7,
        "metadata": {"a": [1]},
        "name": "mine",
        "custom_message": "{status}",
    }
    made = SlackNotification(config=SlackConfig(**given))
    assert made == SlackNotification(**given)
    assert made.model_fields_set == set(given)
    assert set(SlackConfig.model_fields) == set(SlackNotification.model_fields)
    assert SlackNotification(config=SlackConfig()) == SlackNotification(config=None) == SlackNotification()


def test_options_beside_a_config_take_precedence():
    config = SlackConfig(webhook_url=URL, notify_on="failure", channel="#a")
    made = SlackNotification(config=config, notify_on="always", channel=None)
    assert (made.notify_on, made.channel, made.webhook_url) == ("always", None, SecretStr(URL))
    shared = WebhookConfig(url=URL, verify_ssl=False)
    assert not WebhookAction(config=shared).ssl_verify
    assert WebhookAction(config=shared, verify_ssl=True).ssl_verify
    assert WebhookAction(config=shared, ssl_verify=True).ssl_verify


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"chanel": "#a"}, 'SlackConfig: chanel: unknown key; did you mean "channel"'),
        ({"webhook_url": "ftp://x"}, "SlackConfig: webhook_url: it must begin with https://"),
        ({"mention_on_failure": ["bob"]}, "SlackConfig: mention_on_failure: .*mentions nobody"),
        ({"retry_count": -1}, "SlackConfig: retry_count"),
    ],
)
def test_mistakes_are_reported_with_their_option(given, said):
    with pytest.raises(ConfigError, match=said):
        SlackConfig(**given)


@pytest.mark.parametrize("config", [{"channel": "#a"}, WebhookConfig(url=URL), "x"])
def test_a_config_of_another_channel_is_refused(config):
    with pytest.raises(ConfigError, match="config holds the options of a SlackNotification"):
        SlackNotification(config=config)


def test_secrets_are_not_shown():
    config = SlackConfig(webhook_url=f"{URL}/s3cr3tT0kenValue")
    assert "s3cr3t" not in repr(config) + str(config) + repr(SlackNotification(config=config))


def test_defaults_and_other_names():
    class Mine(Channel):
        key: SecretStr | None = Field(default=None, validation_alias=AliasChoices("key", "old_key"))
        levels: dict[str, int] = Field(default_factory=lambda: {"a": 1})

    config_class = config_of(Mine, "MineConfig")
    assert config_class().levels == {"a": 1}
    assert Mine(config=config_class(old_key="x")) == Mine(key="x")
    with pytest.raises(ConfigError, match="two names"):
        config_class(key="a", old_key="b")
