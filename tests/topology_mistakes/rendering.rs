//! Mistakes as people and programs read them.

use plustwo::config::Problems;

use crate::load;

#[test]
fn reads_like_rustc() {
    let text = "region: r\nvpcs:\n  app: { cidr_block: x, cidr: y }\n  app: {}\n";
    let problems = Problems::new(load(text).unwrap_err().problems);
    assert_eq!(
        problems.render(),
        "\
error: unknown key `cidr`
 --> t.yaml:3:25
  |
3 |   app: { cidr_block: x, cidr: y }
  |                         ^^^^
  = help: did you mean `cidr_block`?

error: the key `app` comes twice
 --> t.yaml:4:3
  |
3 |   app: { cidr_block: x, cidr: y }
  |   ^^^ first here
4 |   app: {}
  |   ^^^
  = help: keep one of them

2 errors in t.yaml
"
    );
    let json = serde_json::to_value(&problems).unwrap();
    assert_eq!(
        json[0],
        serde_json::json!({
            "severity": "error", "file": "t.yaml", "line": 3, "column": 25,
            "message": "unknown key `cidr`", "help": "did you mean `cidr_block`?", "rules": []
        })
    );
}

#[test]
fn miette_shows_the_line() {
    let text = format!("{{\"region\":\"r\",\"x\":\"{}\",\"vpc\":1}}", "x".repeat(10_000));
    let problems = Problems::new(load(&text).unwrap_err().problems);
    let mut out = String::new();
    let theme = miette::GraphicalTheme::unicode_nocolor();
    miette::GraphicalReportHandler::new_themed(theme).render_report(&mut out, &problems).unwrap();
    assert!(out.contains("t.yaml:1:10022"), "{out}");
    assert!(out.contains("\"vpc\":1"), "{out}");
    assert!(out.len() < 3_000, "a long line is cut: {} bytes", out.len());
    assert!(problems.render().lines().all(|line| line.chars().count() < 250));
}

#[test]
fn prints_a_hundred_and_counts_the_rest() {
    let keys: Vec<String> = (0..150).map(|n| format!("k{n}: 1\n")).collect();
    let text = format!("region: r\n{}", keys.concat());
    let problems = Problems::new(load(&text).unwrap_err().problems);
    let shown = problems.render();
    assert_eq!(shown.matches("error: unknown key").count(), 100);
    assert!(shown.ends_with("150 errors in t.yaml; the first 100 are shown\n"), "{shown}");
}
