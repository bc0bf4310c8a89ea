"""What `plustwo flows --deliver` writes, read by others: DuckDB reads folders with the columns of AWS's Athena table, moto is the
S3, the CloudWatch Logs and the Firehose, and botocore says what signatures should be. `flow_logs.py CASE PLUSTWO`"""

import glob
import gzip
import http.server
import os
import subprocess
import sys
import tempfile
import threading
import time

import boto3
import duckdb
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import ThreadedMotoServer

# The table of the Athena User Guide, "Create and query a table for Amazon VPC flow logs" (N234).
ATHENA = {
    "version": "int", "account_id": "string", "interface_id": "string", "srcaddr": "string", "dstaddr": "string",
    "srcport": "int", "dstport": "int", "protocol": "bigint", "packets": "bigint", "bytes": "bigint", "start": "bigint",
    "end": "bigint", "action": "string", "log_status": "string", "vpc_id": "string", "subnet_id": "string",
    "instance_id": "string", "tcp_flags": "int", "type": "string", "pkt_srcaddr": "string", "pkt_dstaddr": "string",
    "region": "string", "az_id": "string", "sublocation_type": "string", "sublocation_id": "string",
    "pkt_src_aws_service": "string", "pkt_dst_aws_service": "string", "flow_direction": "string", "traffic_path": "int",
}
TYPES = {"int": "INTEGER", "bigint": "BIGINT", "string": "VARCHAR"}
FORMAT = " ".join("${%s}" % column.replace("_", "-") for column in ATHENA)

TOPOLOGY = """
region: us-east-1
vpcs:
  app:
    cidr_block: 10.0.0.0/16
    subnets:
      a: { availability_zone: us-east-1a, cidr_block: 10.0.1.0/24 }
      b: { availability_zone: us-east-1a, cidr_block: 10.0.16.0/20 }
    security_groups:
      web: { ingress: [{ protocol: tcp, from_port: 443, to_port: 443, cidr_blocks: [10.0.0.0/16] }] }
    instances:
      one: { id: i-0123456789abcdef0, subnet: a, private_ip: 10.0.1.10 }
      two: { id: i-0123456789abcdef1, subnet: a, private_ip: 10.0.1.11, security_groups: [web] }
flow_logs:
"""
FLOW_LOG = "  %s: { id: %s, vpc: app, traffic_type: ALL, max_aggregation_interval: 60, log_format: \"%s\", %s }\n"

# A whole ten minutes: 20 June 2018, 16:20.
BEGIN = 1529511600


def flows(folder, destinations, *arguments, environment=None, instances=0):
    """Runs `plustwo flows` with flow logs to these destinations, and with some more instances; gives what it printed."""
    more = "".join(f"      i{number}: {{ subnet: b }}\n" for number in range(instances))
    text = TOPOLOGY.replace("flow_logs:", more + "flow_logs:")
    for number, destination in enumerate(destinations):
        text += FLOW_LOG % (f"log-{number}", f"fl-{number:08x}", FORMAT, destination)
    topology = os.path.join(folder, "topology.yaml")
    with open(topology, "w", encoding="utf-8") as file:
        file.write(text)
    command = [sys.argv[2], "flows", "--topology", topology, "--from", "app/one", "--to", "app/two", "--deliver"]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        command + list(arguments), capture_output=True, text=True, env=variables | (environment or {})
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows_printed(text):
    """The records that were printed, as lists of words."""
    return [line.split() for line in text.splitlines() if line.startswith("    ")]


def columns():
    return {column: TYPES[kind] for column, kind in ATHENA.items()}


def read_text(pattern):
    """The table of text files, read as Athena does: a header that is skipped, a space between two fields."""
    query = "SELECT * FROM read_csv(?, columns = ?, delim = ' ', skip = 1, header = false, nullstr = '-') ORDER BY interface_id, start, flow_direction"
    return duckdb.execute(query, [pattern, columns()]).fetchall()


def read_parquet(pattern):
    names = ", ".join(f'"{column}"' for column in ATHENA)
    query = f"SELECT {names} FROM read_parquet(?, hive_partitioning = true) ORDER BY interface_id, start, flow_direction"
    return duckdb.execute(query, [pattern]).fetchall()


LONG = ["--at", str(BEGIN + 30), "--duration", "400", "--packets", "20", "--bytes", "2000"]


def a_folder_reads_as_the_table_of_athena():
    with tempfile.TemporaryDirectory() as folder:
        printed = flows(
            folder,
            [
                "log_destination_type: s3, log_destination: text",
                f'log_destination_type: s3, log_destination: "file://{folder}/parquet", '
                "destination_options: { file_format: parquet, hive_compatible_partitions: true, per_hour_partition: true }",
            ],
            *LONG,
        )
        files = sorted(glob.glob(f"{folder}/text/**/*.log.gz", recursive=True))
        day = f"{folder}/text/AWSLogs/123456789012/vpcflowlogs/us-east-1/2018/06/20"
        assert [os.path.dirname(file) for file in files] == [day] * 2, files
        text = read_text(f"{day}/*.log.gz")
        first = next(row for row in text if row[27] == "egress")
        assert first[:2] == (5, "123456789012") and first[9] > 0 and first[23] is None, first
        assert first[3:8] == ("10.0.1.10", "10.0.1.11", 49152, 443, 6), first
        # 20 packets there and 20 back, each seen at two interfaces
        assert sum(row[8] for row in text if row[8]) == 80
        assert sum(row[9] for row in text if row[9]) == 8000
        assert len(text) * 2 == len(rows_printed(printed)), printed

        parquet = f"{folder}/parquet/**/*.log.parquet"
        assert read_parquet(parquet) == text
        described = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [parquet]).fetchall()
        kinds = {row[0]: row[1] for row in described}
        # the protocol is INT_32 in the file, and a bigint in the table
        expected = columns() | {"protocol": "INTEGER"}
        assert {column: kinds[column] for column in ATHENA} == expected, kinds
        query = 'SELECT DISTINCT "aws-account-id", "aws-service", "aws-region", year, month, day, hour FROM read_parquet(?, hive_partitioning = true, hive_types_autocast = false)'
        partitions = duckdb.execute(query, [parquet]).fetchall()
        assert partitions == [("123456789012", "vpcflowlogs", "us-east-1", "2018", "06", "20", "16")], partitions


def the_same_records_are_the_same_files():
    with tempfile.TemporaryDirectory() as folder:
        destination = ["log_destination_type: s3, log_destination: logs"]
        for _ in range(2):
            flows(folder, destination, *LONG)
        assert len(glob.glob(f"{folder}/logs/**/*.log.gz", recursive=True)) == 2
        flows(folder, destination, *LONG, "--source-port", "50000")
        assert len(glob.glob(f"{folder}/logs/**/*.log.gz", recursive=True)) == 4


def with_moto(case):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"

        def client(service):
            keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
            return boto3.client(service, endpoint_url=url, region_name="us-east-1", **keys)

        with tempfile.TemporaryDirectory() as folder:
            case(url, client, folder)
    finally:
        server.stop()


def a_bucket_has_what_a_folder_has():
    def case(url, client, folder):
        s3 = client("s3")
        s3.create_bucket(Bucket="flow-logs")
        options = "destination_options: { hive_compatible_partitions: true }"
        flows(
            folder,
            [
                f"log_destination_type: s3, log_destination: \"arn:aws:s3:::flow-logs/some/prefix\", endpoint_url: \"{url}\", {options}",
                f"log_destination_type: s3, log_destination: here, {options}",
            ],
            *LONG,
        )
        keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="flow-logs")["Contents"]]
        assert len(keys) == 2, keys
        for key in keys:
            assert key.startswith("some/prefix/AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/"), key
            below = key.removeprefix("some/prefix/").replace("fl-00000000", "fl-00000001")
            with gzip.open(os.path.join(folder, "here", below)) as file:
                expected = file.read()
            body = s3.get_object(Bucket="flow-logs", Key=key)["Body"].read()
            assert gzip.decompress(body) == expected
            assert expected.splitlines()[0].decode() == FORMAT.replace("${", "").replace("}", "")
    with_moto(case)


def a_log_group_has_a_stream_an_interface():
    def case(url, client, folder):
        variables = {"AWS_ENDPOINT_URL": url}
        printed = flows(folder, ["log_group_name: /vpc/flows"], "--at", str(int(time.time()) - 60), environment=variables)
        logs = client("logs")
        streams = logs.describe_log_streams(logGroupName="/vpc/flows")["logStreams"]
        names = [stream["logStreamName"] for stream in streams]
        expected = {row[2] for row in rows_printed(printed)}
        assert sorted(names) == sorted(f"{interface}-all" for interface in expected), names
        lines = []
        for name in names:
            events = logs.get_log_events(logGroupName="/vpc/flows", logStreamName=name, startFromHead=True)["events"]
            for event in events:
                words = event["message"].split(" ")
                assert event["timestamp"] == int(words[10]) * 1000, event
                lines.append(words)
        assert sorted(lines) == sorted(rows_printed(printed)), lines
        # a second time: the group and the streams are there
        flows(folder, ["log_group_name: /vpc/flows"], "--at", str(int(time.time()) - 60), environment=variables)
    with_moto(case)


FIREHOSE = 'log_destination_type: kinesis-data-firehose, log_destination: "arn:aws:firehose:us-east-1:123456789012:deliverystream/%s"'


def a_firehose_stream_has_a_line_a_record():
    def case(url, client, folder):
        s3 = client("s3")
        s3.create_bucket(Bucket="streamed")
        client("firehose").create_delivery_stream(
            DeliveryStreamName="some-flows",
            ExtendedS3DestinationConfiguration={
                "RoleARN": "arn:aws:iam::123456789012:role/firehose", "BucketARN": "arn:aws:s3:::streamed",
            },
        )
        destination = FIREHOSE % "some-flows" + f', delivery_delay: 0s, endpoint_url: "{url}"'
        # more records of one window than a request takes
        arguments = ["--at", str(BEGIN), "--nodata"]
        printed = flows(folder, [destination], *arguments, instances=600)
        assert len(rows_printed(printed)) > 500
        objects = s3.list_objects_v2(Bucket="streamed")["Contents"]
        assert len(objects) > 1, objects
        lines = []
        for entry in objects:
            body = s3.get_object(Bucket="streamed", Key=entry["Key"])["Body"].read().decode()
            assert body.endswith("\n"), body
            lines += [line.split(" ") for line in body.splitlines()]
        assert sorted(lines) == sorted(rows_printed(printed)), lines
    with_moto(case)


def what_a_firehose_stream_refuses_is_said():
    def case(url, client, folder):
        try:
            flows(folder, [FIREHOSE % "nobody"], environment={"AWS_ENDPOINT_URL_FIREHOSE": url})
        except AssertionError as error:
            assert "400" in str(error) and "ResourceNotFoundException" in str(error), error
        else:
            raise AssertionError("delivered to a stream that is not there")
    with_moto(case)
    # a success that took three records of four
    reply = b'{"FailedPutCount":1,"RequestResponses":[{},{},{},{"ErrorCode":"ServiceUnavailableException"}]}'
    server, url = answering(reply, [])
    with tempfile.TemporaryDirectory() as folder:
        try:
            flows(folder, [FIREHOSE % "flows"], environment={"AWS_ENDPOINT_URL_FIREHOSE": url})
        except AssertionError as error:
            assert "ServiceUnavailableException" in str(error), error
        else:
            raise AssertionError("delivered what was not taken")
    server.shutdown()


def what_a_log_group_refuses_is_said():
    def case(url, client, folder):
        try:
            flows(folder, ["log_group_name: /vpc/flows"], *LONG, environment={"AWS_ENDPOINT_URL": url})
        except AssertionError as error:
            expected = "log group `/vpc/flows` takes no records that began more than 14 days ago"
            assert expected in str(error) and "tooOldLogEventEndIndex" in str(error), error
        else:
            raise AssertionError("delivered what was years too old")
    with_moto(case)


def what_a_bucket_refuses_is_said():
    def case(url, client, folder):
        try:
            flows(folder, [f'log_destination_type: s3, log_destination: "arn:aws:s3:::nobody", endpoint_url: "{url}"'])
        except AssertionError as error:
            assert "404" in str(error) and "NoSuchBucket" in str(error), error
        else:
            raise AssertionError("delivered to a bucket that is not there")
    with_moto(case)
    seen = []
    server, url = answering(b"", seen, 307)
    for name, environment, expected in [
        ("nobody", {}, "no `endpoint_url` for S3"),
        ("nobody", {"AWS_ENDPOINT_URL_S3": "127.0.0.1"}, "AWS_ENDPOINT_URL_S3: `127.0.0.1` is no URL of an API"),
        ("nobody", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1/nobody/AWSLogs/123456789012/vpcflowlogs/"),
        ("nobody", {"AWS_ENDPOINT_URL": url, "AWS_SESSION_TOKEN": "a\nb"}, "AWS_SESSION_TOKEN has characters"),
        ("nobody/a//b", {"AWS_ENDPOINT_URL": url}, "contained empty path segment"),
        ("nobody//a", {"AWS_ENDPOINT_URL": url}, "a key that begins with `/` cannot be written"),
    ]:
        said = refused(name, environment)
        assert expected in said, (name, environment, said)
    assert not seen, seen
    # what is signed for one place does not go to another
    assert "307" in refused("nobody", {"AWS_ENDPOINT_URL": url})
    assert len(seen) == 1, seen
    server.shutdown()


def refused(bucket, environment):
    """What is said of a delivery to a bucket that cannot be."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            flows(folder, [f'log_destination_type: s3, log_destination: "arn:aws:s3:::{bucket}"'], environment=environment)
        except AssertionError as error:
            return str(error)
    raise AssertionError(f"delivered to {bucket} by {environment}")


def answering(reply, seen, status=200):
    """A server that gives this reply to all requests, and its URL; what it has seen is added to a list."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            seen.append((self.command, self.path, dict(self.headers.items()), body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(reply)))
            self.send_header("ETag", '"0"')
            if status == 307:
                self.send_header("Location", f"http://{self.headers['Host']}/elsewhere")
            self.end_headers()
            self.wfile.write(reply)

        do_PUT = do_POST = answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}"


def requests_are_signed_as_botocore_signs_them():
    seen = []
    server, url = answering(b'{"FailedPutCount":0}', seen)
    variables = {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL": url,
    }
    with tempfile.TemporaryDirectory() as folder:
        options = "destination_options: { hive_compatible_partitions: true }"
        s3 = f'log_destination_type: s3, log_destination: "arn:aws:s3:::bucket/a prefix+&", {options}'
        flows(folder, [s3, "log_group_name: flows", FIREHOSE % "flows"], environment=variables)
    server.shutdown()
    assert {method for method, *_ in seen} == {"PUT", "POST"}, seen
    services = set()
    credentials = Credentials("AKIDEXAMPLE", variables["AWS_SECRET_ACCESS_KEY"], "token")
    for method, path, headers, body in seen:
        headers = {name.lower(): value for name, value in headers.items()}
        signed = headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
        assert {"host", "x-amz-date", "x-amz-security-token"} <= set(signed), signed
        target = headers.get("x-amz-target", "")
        kind, service = (S3SigV4Auth, "s3") if method == "PUT" else (SigV4Auth, target.split("_")[0].lower())
        services.add(service)
        auth = kind(credentials, service, "us-east-1")
        request = AWSRequest(method, url + path, {name: headers[name] for name in signed}, body)
        request.context["timestamp"] = headers["x-amz-date"]
        request.context["payload_signing_enabled"] = True
        request.context["client_config"] = None
        signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        assert headers["authorization"].endswith(f"Signature={signature}"), (path, headers)
    assert services == {"s3", "logs", "firehose"}, services


if __name__ == "__main__":
    globals()[sys.argv[1]]()
