"""Reads the shell commands back out of a generated file, as the CI system would hand them to a shell."""

import io
import re

from ruamel.yaml import YAML

from truthound.ci.models import CIPlatform as C


def load(text):
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


def commands(platform, text):
    """The lines of shell of a pipeline, after what the system fills in."""
    made = _COMMANDS[platform](text)
    return "\n".join(made) if isinstance(made, list) else made


def _steps(key, *path):
    def read(text):
        found = load(text)
        for name in path:
            found = found[name]
        return [step[key] for step in found if key in step]

    return read


def _actions(text):
    made = _steps("run", "jobs", "data-quality", "steps")(text)
    assert not re.search(r"\$\{\{", "".join(made)), "an expression would be evaluated"
    return made


def _azure(text):
    made = _steps("bash", "jobs", 0, "steps")(text)
    assert not re.search(r"\$\{\{|\$\(|\$\[", "".join(made)), "a variable would be filled in"
    return made


def _circleci(text):
    runs = [s["run"]["command"] for s in load(text)["jobs"]["data-quality"]["steps"] if "run" in s]
    assert "<<" not in "".join(runs), "a parameter would be filled in"
    return runs


def _bitbucket(text):
    pipelines = load(text)["pipelines"]
    scripts = [
        x["step"]["script"] for p in (pipelines["custom"], pipelines["pull-requests"]) for s in p.values() for x in s
    ]
    assert scripts[0] == scripts[1]
    return scripts[0]


def _dollars(text):
    """`$$` is a dollar; any other would start a variable."""
    assert "$" not in text.replace("$$", ""), "a variable would be filled in"
    return text.replace("$$", "$")


def _braces(text):
    """The whole file is gone through before it is parsed: `$${` is `${`; a bare `${` would start a variable."""
    assert not re.search(r"(?<!\$)\$\{|\$\$(?!\{)", text), "a variable would be filled in"
    return load(text.replace("$${", "${"))["steps"][0]["commands"]


def _jenkins(text):
    """Groovy's string in three single quotes: backslash escapes only."""
    (block,) = re.findall(r"sh '''\n((?:[^'\\]|\\.|'(?!''))*)'''", text)
    assert not re.search(r"\\[^\\']", block.replace("\\\\", ""))
    return re.sub(r"\\(.)", r"\1", block)


def _teamcity(text):
    """Kotlin's strings, in which a dollar needs a backslash, and then TeamCity's `%%`."""
    (block,) = re.findall(r"scriptContent = listOf\(\n(.*?)\n +\)\.join", text, re.DOTALL)
    lines = []
    for line in block.split("\n"):
        body = re.fullmatch(r' +"((?:[^"\\$]|\\["\\$])*)",', line)
        assert body, f"no string of Kotlin: {line}"
        plain = re.sub(r"\\(.)", r"\1", body[1])
        assert "%" not in plain.replace("%%", ""), "a parameter would be filled in"
        lines.append(plain.replace("%%", "%"))
    return lines


_COMMANDS = {
    C.GITHUB: _actions,
    C.GITEA: _actions,
    C.FORGEJO: _actions,
    C.GITLAB: lambda t: load(t)["data-quality"]["script"],
    C.JENKINS: _jenkins,
    C.CIRCLECI: _circleci,
    C.AZURE: _azure,
    C.BITBUCKET: _bitbucket,
    C.TRAVIS: lambda t: load(t)["install"] + load(t)["script"],
    C.TEAMCITY: _teamcity,
    C.BUILDKITE: lambda t: _dollars(load(t)["steps"][0]["command"]),
    C.DRONE: _braces,
    C.WOODPECKER: _braces,
    C.CODEBUILD: lambda t: [c for name in ("install", "build") for c in load(t)["phases"][name]["commands"]],
    C.CLOUDBUILD: lambda t: _dollars(load(t)["steps"][0]["args"][1]),
}
