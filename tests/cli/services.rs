//! `plustwo services`.

use crate::run;

#[test]
fn services_in_the_shape_of_describe_vpc_endpoint_services() {
    // R26
    let (code, out, _) = run(&["services", "monitoring", "--output", "json"]);
    assert_eq!(code, 0);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let service = &json["ServiceDetails"][0];
    assert_eq!(service["ServiceName"], "com.amazonaws.us-east-1.monitoring");
    assert_eq!(service["BaseEndpointDnsNames"][0], "monitoring.us-east-1.vpce.amazonaws.com");
    assert_eq!(service["PrivateDnsName"], service["PrivateDnsNames"][0]["PrivateDnsName"]);
    assert_eq!(service["PrivateDnsNames"].as_array().unwrap().len(), 4);
    let (_, out, _) = run(&["services", "iot.data", "--output", "json"]);
    assert!(!out.contains("PrivateDnsName"), "{out}");
    let (code, out, _) = run(&["services"]);
    assert_eq!((code, out.lines().count()), (0, 488));
    let (code, _, err) = run(&["services", "snss"]);
    assert_eq!(code, 2);
    assert!(err.contains("The Vpc Endpoint Service 'snss' does not exist"), "{err}");
}
