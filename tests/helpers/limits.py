"""What each service takes, by its own documents."""

import html
import json
import re
from collections.abc import Iterator

# the bytes that a request may have
LIMITS: dict[str, int] = {
    "sendgrid": 250_000,
    "slack": 16_000,
    "mattermost": 16_000,
    "google_chat": 32_000,
    "telegram": 64_000,  # 4,096 characters when parsed; before, only the service's own request limit counts
    "telegram_photo": 16_000,
    "discord": 9000 * 6,  # 2,000 characters of text, 6,000 of an embed and some names; JSON may write one in six bytes
    "github": 1000,
    "webhook": 256 * 1024,
    "pagerduty": 512 * 1024,
    "teams": 28_000,
    "opsgenie": 64 * 1024,
}


def units(said: str) -> int:
    """Characters as JavaScript counts them."""
    return len(said.encode("utf-16-le", "replace")) // 2


def beyond(channel: str, body: bytes) -> list[str]:
    """What in a request's body its service would refuse: `title: 300 of 256`."""
    sizes = [("body", len(body), LIMITS[channel])]
    if channel in SIZES:
        sizes += SIZES[channel](json.loads(body))
    return [f"{name}: {size:,} of {most:,}" for name, size, most in sizes if size > most]


Sizes = Iterator[tuple[str, int, int]]


def slack(body: dict) -> Sizes:
    blocks = body["blocks"]
    yield "blocks", len(blocks), 50
    yield "all", len(json.dumps(blocks, ensure_ascii=False)), 12_000
    for option in ("channel", "username", "icon_emoji"):
        yield option, len(body.get(option, "")), 80
    for block in blocks:
        text = block.get("text", {}).get("text", "-")
        yield block["type"], len(text), 150 if block["type"] == "header" else 3000
        yield f"blank {block['type']}", not text.strip(), 0
        yield from (("context", len(e["text"]), 2000) for e in block.get("elements", ()) if block["type"] == "context")
        yield from (("url", len(e["url"]), 3000) for e in block.get("elements", ()) if block["type"] == "actions")


def discord(body: dict) -> Sizes:
    (embed,) = body["embeds"]
    yield "username", units(body.get("username", "")), 80
    yield "thread_name", units(body.get("thread_name", "")), 100
    yield "content", units(body.get("content", "")), 2000
    yield "title", units(embed["title"]), 256
    yield "description", units(embed["description"]), 4096
    yield "footer", units(embed["footer"]["text"]), 2048
    yield "fields", len(embed["fields"]), 25
    for field in embed["fields"]:
        yield "field's name", units(field["name"]), 256
        yield "field's value", units(field["value"]), 1024
        yield "blank field", not (field["name"].strip() and field["value"].strip()), 0
    texts = [embed["title"], embed["description"], embed["footer"]["text"]]
    yield "embed", sum(map(units, [*texts, *(f[k] for f in embed["fields"] for k in ("name", "value"))])), 6000
    yield "users", len(body["allowed_mentions"]["users"]), 100


def telegram(body: dict) -> Sizes:
    text, most = (body["text"], 4096) if "text" in body else (body["caption"], 1024)
    if body.get("parse_mode") == "HTML":
        text = html.unescape(re.sub(r"<[^>]*>", "", text))
    if not body.get("parse_mode", "").startswith("Markdown"):  # whose marks only Telegram's own parser can count
        yield "text", units(text), most
    yield "blank", not text.strip(), 0


def pagerduty(body: dict) -> Sizes:
    yield "dedup_key", len(body["dedup_key"]), 255
    yield "summary", len(body["payload"]["summary"]), 1024
    yield "source", len(body["payload"]["source"]), 255
    yield "blank source", not body["payload"]["source"], 0


def opsgenie(body: dict) -> Sizes:
    for option, most in {
        "message": 130, "alias": 512, "description": 15_000, "entity": 512, "source": 100, "user": 100, "note": 25_000,
    }.items():  # fmt: skip
        yield option, len(body.get(option, "")), most
    yield "blank message", not body["message"].strip(), 0
    tags = body.get("tags", ())
    yield "tags", len(tags), 20
    yield from (("tag", len(tag), 50) for tag in tags)
    yield "details", sum(len(k) + len(v) for k, v in body.get("details", {}).items()), 8000
    yield "responders", len(body.get("responders", ())), 50


def mattermost(body: dict) -> Sizes:
    yield "text", len(body["text"]), 16_383


SIZES = {
    "slack": slack, "discord": discord, "telegram": telegram, "telegram_photo": telegram, "pagerduty": pagerduty,
    "opsgenie": opsgenie, "mattermost": mattermost,
}  # fmt: skip
