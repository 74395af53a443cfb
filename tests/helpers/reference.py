"""The tables in docs/ that say what options there are, and examples of formats, made from the code that takes and writes them.

A page holds `<!-- options: module:Class -->`, `<!-- command: truthound check -->`, `<!-- validator: range -->` or `<!-- example: junit -->`, and
`<!-- end -->` below. `<!-- ci: platforms -->`, `<!-- ci: reports -->` and `<!-- ci: fields -->` are the table of CI systems,
`<!-- ci: pipelines -->` and `<!-- ci: example -->` what is written for them.
`TRUTHOUND_WRITE_GOLDEN=1 pytest tests/test_docs.py` writes them anew.
"""

import importlib
import inspect
import json
import re
from collections.abc import Iterator

import typer
from pydantic import SecretStr

from helpers.ci_results import SMALL
from truthound._internal.options import Model, aliases, option_docs
from truthound.checkpoint.actions.base import Action
from truthound.ci.pipelines.generate import TARGETS, pipeline_text
from truthound.ci.pipelines.spec import Pipeline
from truthound.ci.platforms import DETECTED_BY, PLATFORMS
from truthound.cli.main import app
from truthound.reporters import FORMATS
from truthound.validators.registry import TABLE, validator_class
from truthound.validators.rule import Rule

MARK = re.compile(r"(<!-- (options|command|ci|example|validator): (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(page: str) -> str:
    """The page with its tables as the code has them."""
    make = {"options": _options, "command": _command, "ci": _ci, "example": _example, "validator": _validator}
    return MARK.sub(lambda m: f"{m[1]}\n{make[m[2]](m[3])}\n\n{m[4]}", page)


def named(page: str) -> list[str]:
    """What the page's tables are of."""
    return [m[3] for m in MARK.finditer(page)]


def commands() -> Iterator[tuple[str, typer.core.TyperCommand]]:
    """Every command with its full name."""

    def below(name, command):
        if hasattr(command, "commands"):
            for word, inner in command.commands.items():
                yield from below(f"{name} {word}", inner)
        else:
            yield name, command

    yield from below("truthound", typer.main.get_command(app))


def _example(name: str) -> str:
    """A run in a format; of SARIF its first result, as the rest says little."""
    text = FORMATS[name](SMALL)
    if name == "sarif":
        text = json.dumps(json.loads(text)["runs"][0]["results"][0], indent=2, ensure_ascii=False) + "\n"
    language = {"junit": "xml", "tap": "text"}.get(name, "json")
    return f"```{language}\n{text}```"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(" ".join(c.split()).replace("|", "\\|") for c in line) + " |" for line in lines)


def _validator(name: str) -> str:
    """A validator's description, its own options and its aliases."""
    cls = validator_class(name)
    docs = option_docs(cls)
    common = {o for o in Rule.model_fields if docs.get(o) == option_docs(Rule)[o]}
    rows = [
        ("".join([f"`{o}`", *(f", or `{a}`" for a in aliases(o, info))]), docs.get(o, ""))
        for o, info in cls.model_fields.items()
        if o not in common
    ]
    parts = [" ".join(inspect.getdoc(cls).split())]
    parts += [_table(("option", "meaning"), rows)] if rows else []
    parts += ["Aliases: " + ", ".join(f"`{a}`" for a in TABLE[name][1].split()) + "."] if TABLE[name][1] else []
    return "\n\n".join(parts)


def _options(place: str) -> str:
    module, _, name = place.partition(":")
    cls = getattr(importlib.import_module(module), name)
    docs = option_docs(cls)
    shared = set() if cls is Action or not issubclass(cls, Action) else set(Action.model_fields)
    rows = []
    for field, info in cls.model_fields.items():
        default = info.get_default(call_default_factory=True, validated_data={}) if not info.is_required() else None
        if field in shared and default == Action.model_fields[field].get_default(
            call_default_factory=True, validated_data={}
        ):
            continue
        also = "".join(f", or `{a}`" for a in aliases(field, info))
        rows.append((f"`{field}`{also}", "required" if info.is_required() else _said(default), docs.get(field, "")))
    return _table(("option", "default", "what it does"), rows)


def _said(default: object) -> str:
    match default:
        case None | "" | () | {} | []:
            return ""
        case bool():
            return f"`{str(default).lower()}`"
        case tuple() | list():
            return f"`{', '.join(map(str, default))}`"
        case SecretStr() | Model():
            return ""
        case _:
            return f"`{default}`"


def _command(name: str) -> str:
    command = dict(commands())[name]
    rows = []
    for p in command.params:
        if p.name == "help":
            continue
        takes = f" {p.metavar}" if p.metavar else ""
        words = (
            ", ".join(f"`{o}{takes}`" for o in p.opts) if p.param_type_name == "option" else f"`{p.metavar or p.name}`"
        )
        rows.append((words, p.help or ""))
    said = command.help.split("\n")[0]
    return f"{said}\n\n{_table(('argument', 'meaning'), rows)}"


def _ci(what: str) -> str:
    if what == "platforms":
        return _table(
            ("system", "name", "detected by"),
            [
                (PLATFORMS[platform].title, f"`{platform}`", " or ".join(f"`{m}`" for m in marks))
                for platform, marks in DETECTED_BY.items()
            ],
        )
    if what == "reports":
        rows = [
            (row.title, d.report_location, ", ".join(f"`{f}`" for _, f in d.files), d.outputs_location)
            for row in PLATFORMS.values()
            if (d := row.reporting) and row.fields
        ]
        return _table(("system", "a run is shown in", "files", "values for later steps"), rows)
    if what == "pipelines":
        return _table(
            ("system", "name", "file", "where its secrets are set"),
            [
                (PLATFORMS[platform].title, f"`{platform}`", f"`{target.path}`", target.secrets)
                for platform, target in TARGETS.items()
            ],
        )
    if what == "example":
        options = {"schedule": "0 6 * * 1-5", "paths": ("data/**",), "notify_slack": True}
        return f"```yml\n{pipeline_text('github', Pipeline('users', **options))}```"
    shown = [
        f"### {row.title}\n\n" + _table(
            ("field", "from the first of these that is set"),
            [(f"`{name}`", ", ".join(map(_place, places))) for name, places in row.fields.items()],
        )
        for row in map(PLATFORMS.__getitem__, DETECTED_BY) if row.fields
    ]  # fmt: skip
    return "\n\n".join(shown)


def _place(place: str) -> str:
    when = ""
    for mark, said in (("pr:", " (pull request)"), ("no-pr:", " (no pull request)")):
        if place.startswith(mark):
            place, when = place.removeprefix(mark), said
    if place.startswith("unless:"):
        _, unwanted, place = place.split(":", 2)
        when = f" (unless `{unwanted}` is set)"
    name, _, prefix = place.partition("#")
    kind, colon, rest = name.partition(":")
    of = {"event": " of the event file", "file": " of the properties"}.get(kind, "") if colon else ""
    return f"`{rest if of else name}`{of}{f' after `{prefix}`' if prefix else ''}{when}"
