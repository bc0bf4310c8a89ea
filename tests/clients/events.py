"""events.py API DNS_PORT: the data of each event are of the form that /openapi.json says."""

import json
import sys
import threading
import time
import urllib.request

import dns.message
import dns.query
import jsonschema

api, port = sys.argv[1], int(sys.argv[2])


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(api + path, data=data, method=method, headers={"Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=20)


document = json.load(call("GET", "/openapi.json"))
schema = {**document, "$ref": "#/components/schemas/EventData"}
validator = jsonschema.Draft202012Validator(schema)

stream = call("GET", "/v1/events?queries=true")
missing = {"health", "health_check", "vpc_endpoint", "topology", "query"}
done = threading.Event()


def change():
    while not done.is_set():
        dns.query.udp(dns.message.make_query("sns.us-east-1.amazonaws.com.", "A"), "127.0.0.1", port=port, timeout=20)
        call("PUT", "/v1/availability-zones/us-east-1a", {"state": "impaired"})
        call("PUT", "/v1/health-checks/main", {"status": "unhealthy"})
        call("PATCH", "/v1/vpc-endpoints/app/sqs", {"private_dns_enabled": True})
        with call("GET", "/v1/topology?as_read=true") as text:
            urllib.request.urlopen(
                urllib.request.Request(api + "/v1/topology", data=text.read(), method="PUT"), timeout=20
            )
        time.sleep(0.05)


thread = threading.Thread(target=change, daemon=True)
thread.start()
while missing:
    line = stream.readline().decode()
    assert line, "the stream has ended"
    if line.startswith("data: "):
        data = json.loads(line.removeprefix("data: "))
        validator.validate(data)
        missing.discard(data["type"])
        broken = {**data, "at": 7}
        assert not validator.is_valid(broken), f"anything is valid: {broken}"
done.set()
thread.join()
