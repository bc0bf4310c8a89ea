"""metrics.py URL: Prometheus' own Python library reads the metrics, and finds what it looks for."""

import sys
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

with urllib.request.urlopen(sys.argv[1], timeout=20) as reply:
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4"), reply.headers
    families = {family.name: family for family in text_string_to_metric_families(reply.read().decode())}

for name, kind in [
    ("plustwo_dns_responses", "counter"),
    ("plustwo_dns_requests", "counter"),
    ("plustwo_dns_response_duration_seconds", "histogram"),
    ("plustwo_dns_fast_batch_duration_seconds", "histogram"),
    ("plustwo_availability_zone_available", "gauge"),
    ("plustwo_topology_loads", "counter"),
    ("plustwo_build_info", "gauge"),
]:
    assert families[name].type == kind, (name, families[name])
zones = {sample.labels["availability_zone"] for sample in families["plustwo_availability_zone_available"].samples}
assert zones == {"us-east-1a", "us-east-1b", "us-east-1c"}, zones
