//! Policies against another evaluator of them, `@cloud-copilot/iam-simulate`, which runs as a program of its own.
//!
//! Left out is what `unlike.rs` has, and what it does not know: that an account in a gateway endpoint's policy is its root user
//! (N252), that policies before 2012 have no variables (N251), that an account among those whom a denial spares is its root user
//! alone (N252), and that the root user needs no policies of its own.
//!
//! `POLICY_SEED=7 POLICY_REQUESTS=10000` draws other requests than the test does, to search for what differs.

use std::{
    env,
    fmt::Write as _,
    io::Write as _,
    process::{Command, Stdio},
};

use libtest_mimic::Trial;
use plustwo::{
    config,
    model::{
        Choice, Model, PolicyDocument, PolicyEffect, PolicyPrincipal, PolicyVersion, Vantage, VpcIx,
    },
    policy::{Asked, Decision, Identity, Request, Requester, Verdict, decide, evaluate},
};
use proptest::{
    collection,
    prelude::{Strategy as _, any},
    strategy::ValueTree as _,
    test_runner::{Config as ProptestConfig, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Map, Value, json};

use crate::{
    program::tool,
    unlike::{has_an_incomplete_arn, unlike},
};

#[path = "../policy/generate.rs"]
mod generate;
#[path = "../policy/table.rs"]
#[expect(dead_code, reason = "the tables of tests/policy/ use more of it")]
mod table;

use generate::{ANY, policy, request, statement};
use table::cases;

/// How many generated requests are compared.
const GENERATED: usize = 3000;

/// The tables of tests/policy/.
const TABLES: [&str; 4] = [
    include_str!("../policy/matching.txt"),
    include_str!("../policy/principals.txt"),
    include_str!("../policy/conditions.txt"),
    include_str!("../policy/variables.txt"),
];

pub(crate) fn trials() -> Vec<Trial> {
    trials!("iam-simulate": tables_agree generated_policies_agree endpoint_and_bucket_agree)
}

/// One comparison: what it is, what the other is asked, and what we say.
struct Compared {
    name: String,
    simulation: Value,
    ours: &'static str,
}

/// The account of a resource that nobody is of who makes a request.
const OTHERS: &str = "999999999999";

/// What a policy says of a request, where it has the last word: as the requester's own where it is about everyone, else as
/// that of a resource of another account.
fn alone(
    name: String,
    policy: &Value,
    document: &PolicyDocument,
    request: &Request,
) -> Option<Compared> {
    let Requester::Aws { account, .. } = &request.requester else { return None };
    let mut own = policy.clone();
    let statements = match &mut own["Statement"] {
        Value::Array(statements) => statements.iter_mut().collect(),
        one => vec![one],
    };
    let mut everyone = true;
    for statement in statements {
        let principal = statement.as_object_mut().unwrap().remove("Principal");
        everyone &= principal == Some(json!("*"));
    }
    let simulation = if everyone {
        let mut simulation = simulation(request, account, None, None, Identity::None);
        simulation["identityPolicies"] = json!([{ "name": "own", "policy": own }]);
        simulation
    } else {
        simulation(request, OTHERS, None, Some(&document.text), Identity::Allow)
    };
    let ours = match evaluate(document, request, false).verdict {
        Verdict::Allowed { .. } => "Allowed",
        Verdict::Denied { .. } => "ExplicitlyDenied",
        Verdict::Silent => "ImplicitlyDenied",
    };
    Some(Compared { name, simulation, ours })
}

fn simulation(
    request: &Request,
    owner: &str,
    endpoint: Option<&str>,
    bucket: Option<&str>,
    identity: Identity,
) -> Value {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let context: Map<String, Value> = request
        .context
        .iter()
        .map(|(key, values)| match values {
            [one] => (key.to_owned(), json!(one)),
            several => (key.to_owned(), json!(several)),
        })
        .collect();
    let allow = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } });
    let identity = match identity {
        Identity::Allow => json!([{ "name": "all", "policy": allow }]),
        Identity::None => json!([]),
    };
    let mut simulation = json!({
        "request": {
            "principal": request.requester.to_string(),
            "action": request.action,
            "resource": { "resource": request.resource, "accountId": owner },
            "contextVariables": context,
        },
        "identityPolicies": identity,
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
    });
    if let Some(endpoint) = endpoint {
        simulation["vpcEndpointPolicies"] =
            json!([{ "name": "endpoint", "policy": parsed(endpoint) }]);
    }
    if let Some(bucket) = bucket {
        simulation["resourcePolicy"] = parsed(bucket);
    }
    simulation
}

/// Asks the other evaluator, and compares all it says.
fn compare(compared: &[Compared]) {
    let simulations: Vec<&Value> = compared.iter().map(|one| &one.simulation).collect();
    let script = tool("test-tools/iam-simulate/simulate.js");
    let mut child = Command::new("timeout")
        .args(["60", "node"])
        // it takes a date without a zone for one of its own
        .env("TZ", "UTC")
        .arg(&script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input = serde_json::to_vec(&simulations).unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    let theirs: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(theirs.len(), compared.len());
    let mut differ = String::new();
    for (Compared { name, simulation, ours }, theirs) in compared.iter().zip(&theirs) {
        if ours != theirs {
            writeln!(differ, "{name}: {ours}, theirs {theirs}\n  {simulation}").unwrap();
        }
    }
    assert!(differ.is_empty(), "{differ}");
}

/// Each request of the tables to an interface endpoint that an IAM principal makes.
fn tables_agree() {
    let mut compared = Vec::new();
    for case in TABLES.iter().flat_map(|table| cases(table)) {
        let Ok(document) = case.document() else { continue };
        let plain = document.version == PolicyVersion::V2008 && case.policy.contains("${");
        if plain || case.subject != "endpoint" {
            continue;
        }
        for line in &case.requests {
            let request = table::request(line);
            if spares_an_account(&document) && !is_root(&request.requester) {
                continue;
            }
            if unlike(&document, &request).is_some() {
                continue;
            }
            let name = format!("{}: {line}", case.name);
            let policy = serde_json::from_str(&case.policy).unwrap();
            compared.extend(alone(name, &policy, &document, &request));
        }
    }
    assert!(compared.len() > 100, "{}", compared.len());
    compare(&compared);
}

/// Whether a denial spares an account: all of it for the other program, its root user alone in the IAM User Guide's example.
fn spares_an_account(policy: &PolicyDocument) -> bool {
    let account = |principal: &PolicyPrincipal| matches!(principal, PolicyPrincipal::Account(_));
    policy.statements.iter().any(|statement| {
        let Some(Choice::AllBut(spared)) = &statement.principal else { return false };
        statement.effect == PolicyEffect::Deny && spared.iter().any(account)
    })
}

fn is_root(requester: &Requester) -> bool {
    requester.to_string().ends_with(":root")
}

/// What draws, and how many requests: always the same ones, unless somebody searches.
fn runner() -> (TestRunner, usize) {
    let given = |name| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let requests =
        given("POLICY_REQUESTS").map_or(GENERATED, |requests| requests.try_into().unwrap());
    let Some(seed) = given("POLICY_SEED") else { return (TestRunner::deterministic(), requests) };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    (TestRunner::new_with_rng(ProptestConfig::default(), rng), requests)
}

fn generated_policies_agree() {
    let (mut runner, requests) = runner();
    let strategy = (collection::vec(statement(ANY), 1..4), request());
    let mut compared = Vec::new();
    while compared.len() < requests {
        let (statements, request) = strategy.new_tree(&mut runner).unwrap().current();
        // it takes every policy for one of 2012 (N251)
        let policy = policy(&about_everyone(statements), true);
        let document = generate_document(&policy);
        if unlike(&document, &request).is_some() {
            continue;
        }
        compared.extend(alone(compared.len().to_string(), &policy, &document, &request));
    }
    for verdict in ["Allowed", "ExplicitlyDenied", "ImplicitlyDenied"] {
        let of = compared.iter().filter(|one| one.ours == verdict).count();
        assert!(of > compared.len() / 10, "{verdict}: {of}");
    }
    compare(&compared);
}

fn about_everyone(mut statements: Vec<Value>) -> Vec<Value> {
    for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
        statement.remove("NotPrincipal");
        statement.insert("Principal".to_owned(), json!("*"));
    }
    statements
}

/// With the resources that a policy of the bucket `b` can have.
fn about_the_bucket(mut statements: Vec<Value>) -> Vec<Value> {
    let fits = |text: &Value| {
        let name = text.as_str().and_then(|text| text.strip_prefix("arn:aws:s3:::"));
        *text == json!("*") || name.is_some_and(|name| name.starts_with(['b', '?']))
    };
    for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
        for name in ["Resource", "NotResource"] {
            let Some(resource) = statement.get_mut(name) else { continue };
            let fit = match &*resource {
                Value::Array(texts) => texts.iter().all(fits),
                text => fits(text),
            };
            if !fit {
                *resource = json!("arn:aws:s3:::b/*");
            }
        }
    }
    statements
}

fn generate_document(policy: &Value) -> PolicyDocument {
    let subject = plustwo::policy::Subject::Endpoint { service: None, gateway: false };
    plustwo::policy::read(&policy.to_string(), policy, subject).0.unwrap()
}

/// An endpoint of S3 and a bucket of an account's, each with a policy.
fn endpoint_and_bucket(endpoint: &Value, owner: &str, bucket: &Value) -> Model {
    let topology = json!({
        "region": "us-east-1",
        "vpcs": { "v": {
            "cidr_block": "10.0.0.0/16",
            "subnets": { "a": { "availability_zone": "us-east-1a", "cidr_block": "10.0.0.0/24" } },
            "vpc_endpoints": { "s3": { "service_name": "s3", "subnets": ["a"], "policy": endpoint } },
        } },
        "s3_buckets": { "bbb": { "account_id": owner, "policy": bucket } },
    });
    // a bucket has three characters at least
    let topology = topology.to_string().replace("s3:::b", "s3:::bbb").replace("s3:::?", "s3:::???");
    match config::parse("topology.yaml", &topology) {
        Ok(topology) => topology.model,
        Err(problems) => panic!("{topology}: {}", problems.render()),
    }
}

/// Endpoint policy, bucket policy and the principal's own, of one account and of two (N59, N250).
fn endpoint_and_bucket_agree() {
    let (mut runner, requests) = runner();
    let policies = (collection::vec(statement(ANY), 1..3), collection::vec(statement(ANY), 1..3));
    let strategy = (policies, any::<(bool, bool, bool)>(), request());
    let mut compared = Vec::new();
    while compared.len() < requests / 10 {
        let ((endpoint, bucket), (identity, through, of_others), request) =
            strategy.new_tree(&mut runner).unwrap().current();
        // it takes no principals but everyone in an endpoint's policy
        let endpoint = policy(&about_everyone(endpoint), true);
        let bucket = policy(&about_the_bucket(bucket), true);
        let owner = if of_others { "210987654321" } else { "123456789012" };
        // of S3 alone, to what is in the bucket whose policy is known, and with keys that such requests can have
        let fits = request.action.starts_with("s3:")
            && request.resource.starts_with("arn:aws:s3:::b/")
            && ["aws:TagKeys", "s3:max-keys"].iter().all(|key| request.context.get(key).is_none());
        if !fits || matches!(request.requester, Requester::Anonymous | Requester::Service(_)) {
            continue;
        }
        let model = endpoint_and_bucket(&endpoint, owner, &bucket);
        let mut spares = model.s3_buckets.iter().filter_map(|bucket| bucket.policy.as_ref());
        let root = is_root(&request.requester);
        if (root && !identity) || (!root && spares.any(spares_an_account)) {
            continue;
        }
        let asked = Asked {
            vantage: Vantage::vpc(VpcIx(0)),
            through: through.then(|| config::find_any_endpoint(&model, "v/s3").unwrap()),
            source: None,
            requester: request.requester,
            action: request.action,
            resource: request.resource.replace("s3:::b", "s3:::bbb"),
            identity: if identity { Identity::Allow } else { Identity::None },
            at_unix_secs: 0,
            context: request.context,
        };
        let Decision { allowed, request, endpoint, bucket_policy, .. } = decide(&model, &asked);
        let text = |asking: &Option<plustwo::policy::Asking<'_>>| {
            asking.as_ref().map(|asking| asking.policy.text.to_string())
        };
        // an endpoint's policy with an incomplete ARN: a choice
        if [&endpoint, &bucket_policy].into_iter().flatten().any(|asking| {
            unlike(asking.policy, &request).is_some() || has_an_incomplete_arn(asking.policy)
        }) {
            continue;
        }
        let (endpoint_text, bucket_text) = (text(&endpoint), text(&bucket_policy));
        let simulation = simulation(
            &request,
            owner,
            endpoint_text.as_deref(),
            bucket_text.as_deref(),
            asked.identity,
        );
        let denied = [&endpoint, &bucket_policy]
            .into_iter()
            .flatten()
            .any(|asking| matches!(asking.evaluation.verdict, Verdict::Denied { .. }));
        let ours = match (allowed, denied) {
            (true, _) => "Allowed",
            (false, true) => "ExplicitlyDenied",
            (false, false) => "ImplicitlyDenied",
        };
        compared.push(Compared { name: compared.len().to_string(), simulation, ours });
    }
    compare(&compared);
}
