//! Health checks: listed, shown, switched. R72

use serde_json::json;

use crate::{
    server::Server,
    table::{Case, check, problem},
};

const MAIN: &str = "/v1/health-checks/main";

#[test]
fn a_health_check_says_what_it_is_told_to() {
    let server = Server::start();
    let id = "01234567-89ab-cdef-0123-456789abcdef";
    let is = |status| json!({ "name": "main", "id": id, "status": status });
    let put =
        |name, path, body, status, expected| Case::new(name, "PUT", path, body, status, expected);
    let by_id = format!("/v1/health-checks/{id}");
    check(
        &server,
        &[
            Case::get("at first", MAIN, 200, is("healthy")),
            put("unhealthy", MAIN, r#"{"status": "unhealthy"}"#, 200, is("unhealthy")),
            Case::get("by id", &by_id, 200, is("unhealthy")),
            put("by id", &by_id, r#"{"status": "healthy"}"#, 200, is("healthy")),
            put("no such word", MAIN, r#"{"status": "down"}"#, 400, problem(400)),
            put("no word", MAIN, "{}", 400, problem(400)),
            put(
                "no such check",
                "/v1/health-checks/mian",
                r#"{"status": "healthy"}"#,
                404,
                json!({ "nearest": "main" }),
            ),
            Case::get("no such check", "/v1/health-checks/other", 404, problem(404)),
            Case::new("method", "DELETE", MAIN, "", 405, problem(405)),
        ],
    );
    let listed = server.get("/v1/health-checks");
    assert_eq!(listed["health_checks"][1]["status"], "unhealthy", "as the topology says");
    assert_eq!(listed["health_checks"], server.get("/v1/state")["health_checks"]);
}
