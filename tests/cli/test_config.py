import json


def test_list(cli, project):
    code, out, err = cli("checkpoint", "list")
    assert (code, err) == (0, "")
    assert [line.split("  ")[0] for line in out.splitlines()] == ["NAME", "users", "cities"]
    assert "null, unique, range" in out
    assert "store_result" in out


def test_list_hides_passwords(cli, folder):
    source = "{path: 'postgresql://me:hunter2@db/x', table: orders}"
    (folder / "c.yaml").write_text(f"checkpoints: [{{name: a, data_source: {source}, validators: ['null']}}]")
    code, out, _ = cli("checkpoint", "list", "-c", "c.yaml")
    assert code == 0
    assert "orders" in out
    assert "hunter2" not in out


def test_validate(cli, project):
    assert cli("checkpoint", "validate") == (0, "truthound.yaml: ok: 2 checkpoints, 4 validators, 1 action\n", "")
    assert cli("checkpoint", "validate", "truthound.yaml")[0] == 0
    assert cli("checkpoint", "validate", "-c", "truthound.yaml")[0] == 0
    code, _, err = cli("checkpoint", "validate", "truthound.yaml", "-c", "truthound.yaml")
    assert code == 2
    assert "give the file once" in err


def test_validate_several_files(cli, project):
    good = (project / "truthound.yaml").read_text()
    (project / "two.yaml").write_text(good.replace("min_value", "min_valu"))
    (project / "three.yaml").write_text(good.replace("tags: {team: geo}", "tgas: {team: geo}"))
    code, out, err = cli("checkpoint", "validate", "two.yaml", "truthound.yaml", "three.yaml")
    assert (code, out) == (2, "truthound.yaml: ok: 2 checkpoints, 4 validators, 1 action\n")
    assert [line.split(":")[1] for line in err.splitlines()] == [" two.yaml", " three.yaml"]


def test_validate_tells_every_mistake_with_its_place(cli, project):
    file = project / "truthound.yaml"
    file.write_text(file.read_text().replace("min_value", "min_valu").replace("tags: {team: geo}", "tgas: {team: geo}"))
    code, out, err = cli("checkpoint", "validate")
    assert (code, out) == (2, "")
    first, second = err.splitlines()
    assert first.startswith("error: truthound.yaml:8:")
    assert 'did you mean "min_value"?' in first
    assert second.startswith("error: truthound.yaml:17:")
    assert 'did you mean "tags"?' in second


def test_validate_a_file_that_is_not_there(cli):
    code, out, err = cli("checkpoint", "validate", "none.yaml")
    assert (code, out) == (2, "")
    assert "none.yaml" in err


def test_the_schema_for_editors(cli, folder):
    code, out, err = cli("config", "schema")
    assert (code, err) == (0, "")
    assert json.loads(out)["$schema"].startswith("https://json-schema.org/")
    assert cli("config", "schema", "-o", "s.json") == (0, "", "wrote s.json\n")
    assert (folder / "s.json").read_text() == out
