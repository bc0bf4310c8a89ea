//! `plustwo policy`.

use crate::run;

/// 0 allowed, 1 denied, 2 no such request; what is wrong with it is said.
#[test]
fn policy_exits_by_the_decision() {
    let topology = "examples/bucket-locked-to-an-endpoint/topology.yaml";
    let asked = |more: &str| {
        let line = format!("policy --topology {topology} --action s3:GetObject {more}");
        run(&line.split_whitespace().collect::<Vec<_>>())
    };
    let ledger = "--resource arn:aws:s3:::ledger/k";
    for (more, code, said) in [
        (format!("{ledger} --from app/worker --endpoint app/s3"), 0, ": allowed"),
        (
            format!("{ledger} --from app/worker --endpoint vpce-0a22222222222222a"),
            0,
            "app/s3: allowed",
        ),
        (format!("{ledger} --from app/bastion"), 1, ": denied"),
        (format!("{ledger} --from internet"), 1, "from internet through no endpoint: denied"),
        (
            format!("{ledger} --endpoint app/s4"),
            2,
            "there is no endpoint `app/s4`: did you mean `app/s3`?",
        ),
        (
            format!("{ledger} --endpoint app/sqs"),
            2,
            "the endpoint is for `sqs`, which has no action",
        ),
        (format!("{ledger} --from internet --endpoint app/s3"), 2, "(N75)"),
        (format!("{ledger} --principal ann"), 2, "`ann` is no principal"),
        (format!("{ledger} --context aws:PrincipalOrgID"), 2, "is no condition key and value"),
        ("--resource ledger".to_owned(), 2, "`ledger` is no ARN"),
        (format!("--resource arn:aws:s3:::{}", "k".repeat(3000)), 2, "is no ARN"),
        (format!("{ledger} --identity perhaps"), 2, "invalid value"),
    ] {
        let (found, out, error) = asked(&more);
        assert_eq!(found, code, "{more}: {out}{error}");
        assert!(out.contains(said) || error.contains(said), "{more}: {out}{error}");
    }
    let (code, out, _) = asked(&format!("{ledger} --from app/bastion --output json"));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["allowed"]), (1, &serde_json::json!(false)));
    assert_eq!(json["policies"][0]["sid"], "OnlyThroughTheEndpoint");
    let condition = &json["policies"][0]["statements"][0];
    assert_eq!(
        (&condition["applies"], &condition["misfit"]),
        (&true.into(), &serde_json::Value::Null)
    );
    assert_eq!(json["context"]["aws:SourceIp"], serde_json::json!(["203.0.113.25"]));
}
