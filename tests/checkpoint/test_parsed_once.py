"""What users write is parsed once in a run."""

import sys
from collections import Counter

from truthound import load_checkpoints

FILE = """
checkpoints:
  - name: ages
    data_source: {path: a.csv, where: id > 0}
    validators:
      - range: {columns: [age], min_value: 0, where: ID > 1}
      - expression: {expression: age >= id OR id > 3}
    actions: [{type: store_result}]
"""


def test_a_run_parses_source_validators_and_conditions_once(tmp_path):
    (tmp_path / "a.csv").write_text("id,age\n1,5\n2,3\n")
    (tmp_path / "truthound.yaml").write_text(FILE)
    calls = Counter()

    def count(frame, event, _):
        if event == "call" and "truthound" in frame.f_code.co_filename:
            calls[frame.f_code.co_name] += 1

    sys.setprofile(count)
    try:
        (checkpoint,) = load_checkpoints(tmp_path / "truthound.yaml")
        result = checkpoint.run()
    finally:
        sys.setprofile(None)
    assert result.validation_result.row_count == 2
    once = ("parse_spec", "parse_validators", "open_source")
    assert [calls[name] for name in once] == [1, 1, 1]
    assert max(calls["parse_condition"], calls["_resolved"]) <= 3  # each text; those that other tests use are cached
