import pytest

from truthound.cli.main import main

USERS = """user_id,email,age,city
1,a@x.org,31,Oslo
2,,45,Rome
3,c@x.org,212,Oslo
3,d@x.org,-3,Rome
5,e@x.org,28,
"""
CONFIG = """checkpoints:
- name: users
  data_source: users.csv
  primary_key: [user_id]
  validators:
  - 'null': {columns: [email], severity: critical, tags: contact}
  - unique: {columns: user_id, severity: high}
  - range: {columns: age, min_value: 0, max_value: 120, severity: medium}
  tags: {team: crm, env: test}
  actions:
  - type: store_result
    store_path: results
- name: cities
  data_source: users.csv
  validators:
  - length: {columns: city, min_length: 2}
  tags: {team: geo}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, no terminal, no settings of the developer's."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TRUTHOUND_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def project(folder):
    (folder / "users.csv").write_text(USERS)
    (folder / "truthound.yaml").write_text(CONFIG)
    return folder


@pytest.fixture
def cli(capfd):
    """Runs a command line: exit code, standard output, standard error."""

    def run(*args):
        code = main([str(a) for a in args])
        out, err = capfd.readouterr()
        return code, out, err

    return run
