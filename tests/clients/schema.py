"""schema.py SCHEMA ROOT: every topology file below ROOT validates, and a misspelt key does not."""

import json
import sys
from pathlib import Path

import jsonschema
import yaml

schema = json.loads(Path(sys.argv[1]).read_text())
root = Path(sys.argv[2])
validator_class = jsonschema.validators.validator_for(schema)
validator_class.check_schema(schema)
validator = validator_class(schema)

own = root / "tests/clients/topology.yaml"
for path in [own, *sorted(root.glob("examples/**/*.yaml"))]:
    errors = [f"{path}: {e.json_path}: {e.message}" for e in validator.iter_errors(yaml.safe_load(path.read_text()))]
    assert not errors, "\n".join(errors)

misspelt = yaml.safe_load(own.read_text())
misspelt["vpcs"]["app"]["subnetz"] = {}
assert not validator.is_valid(misspelt), "the schema lets an unknown key pass"
