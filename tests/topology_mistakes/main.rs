//! Mistakes in a file: each at its place, all in one run, with the way out.

mod rendering;

use plustwo::config::{Broken, Entries, Finding, Path, Problems, Source, place, read};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct File {
    /// The Region of all VPCs.
    region: String,
    account_id: Option<String>,
    #[serde(default)]
    vpcs: Entries<Vpc>,
    #[serde(default)]
    listen: Entries<Asker>,
    #[serde(default)]
    failover: Failover,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Vpc {
    cidr_block: String,
    #[serde(default)]
    enable_dns_support: bool,
    #[serde(default)]
    subnets: Entries<Subnet>,
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Subnet {
    cidr_block: String,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rule {
    number: u16,
    action: Action,
    kind: Option<EndpointType>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    /// Lets it through.
    Allow,
    /// Stops it.
    Deny,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
enum EndpointType {
    Interface,
    Gateway,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Asker {
    Word(Word),
    Place(Place),
    Port(u16),
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Word {
    Internet,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Place {
    vpc: String,
    subnet: Option<String>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Failover {
    detection_secs: Option<u32>,
}

fn load(text: &str) -> Result<File, Box<Broken<File>>> {
    read(&Source::new("t.yaml", text).expect("the text is short"))
}

fn lines(text: &str) -> Vec<String> {
    match load(text) {
        Ok(_) => Vec::new(),
        Err(broken) => Problems::new(broken.problems)
            .iter()
            .map(|p| {
                let help = p.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
                p.one_line() + &help
            })
            .collect(),
    }
}

#[test]
fn takes_what_is_right() {
    for (case, text) in [
        ("least", "region: us-east-1\n"),
        ("a number as text", "region: us-east-1\naccount_id: 123456789012\n"),
        (
            "null for what may be left out",
            "region: r\naccount_id: ~\nfailover: {detection_secs: }\n",
        ),
        ("nothing behind a key", "region: r\nvpcs:\nlisten:\nfailover:\n"),
        ("forms", "region: r\nlisten: {a: internet, b: {vpc: app}, c: 53}\n"),
        (
            "JSON",
            "{\n\t\"region\": \"r\",\n\t\"vpcs\": {\"app\": {\"cidr_block\": \"10.0.0.0/16\"}}\n}\n",
        ),
        ("JSON, compact", r#"{"region":"r","vpcs":{"app":{"cidr_block":"10.0.0.0/16"}}}"#),
        ("an alias", "region: &r us-east-1\naccount_id: *r\n"),
        ("byte order mark", "\u{feff}region: r\n"),
        ("Windows line ends", "region: r\r\nvpcs:\r\n  app: {cidr_block: x}\r\n"),
        ("document start and end", "# c\n---\nregion: r\n...\n"),
        ("number as key", "region: r\nvpcs: {1: {cidr_block: x}}\n"),
        ("text tag", "region: !!str 1\n"),
    ] {
        assert_eq!(lines(text), Vec::<String>::new(), "{case}");
    }
    let file = load("region: r\naccount_id: 012345678901\n").unwrap();
    assert_eq!(file.account_id.as_deref(), Some("012345678901"));
}

/// A file with one VPC that ends inside it.
macro_rules! app {
    ($rest:literal) => {
        concat!("region: r\nvpcs:\n  app:\n    cidr_block: x\n", $rest)
    };
}

/// Case, file, the one error.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("unknown key", "region: r\nvpc: {}\n", "2:1: error: unknown key `vpc` (did you mean `vpcs`?)"),
    (
        "nothing like it",
        "region: r\nzzz: {}\n",
        "2:1: error: unknown key `zzz` (allowed here: `region`, `account_id`, `vpcs`, `listen`, `failover`)",
    ),
    (
        "missing key",
        "vpcs: {}\n",
        "1:1: error: missing key `region` (`region`: The Region of all VPCs)",
    ),
    ("missing key inside", "region: r\nvpcs:\n  app: {}\n", "3:3: error: missing key `cidr_block`"),
    (
        "misspelt, not missing",
        "region: r\nvpcs:\n  app: { cidrblock: x }\n",
        "3:10: error: unknown key `cidrblock` (did you mean `cidr_block`?)",
    ),
    (
        "yes is no bool",
        app!("    enable_dns_support: yes\n"),
        "5:25: error: expected `true` or `false`, found the text `yes` (write `true`)",
    ),
    (
        "quoted number",
        app!("    rules: [ { number: \"100\", action: allow } ]\n"),
        "5:24: error: expected a whole number from 0 to 65535, found the text `100` (take the quotes off: `100`)",
    ),
    (
        "number too large",
        app!("    rules: [ { number: 70000, action: allow } ]\n"),
        "5:24: error: expected a whole number from 0 to 65535, found the number `70000`",
    ),
    (
        "fraction",
        app!("    rules: [ { number: 1.5, action: allow } ]\n"),
        "5:24: error: expected a whole number from 0 to 65535, found the number `1.5`",
    ),
    (
        "documented enum",
        app!("    rules: [ { number: 1, action: alow } ]\n"),
        "5:35: error: unknown value `alow` (did you mean `allow`? allowed here: `allow`, `deny`)",
    ),
    (
        "nullable enum",
        app!("    rules: [ { number: 1, action: deny, kind: interface } ]\n"),
        "5:47: error: unknown value `interface` (did you mean `Interface`? allowed here: `Interface`, `Gateway`)",
    ),
    (
        "text for a list",
        app!("    subnets: { a: { cidr_block: x, tags: web } }\n"),
        "5:42: error: expected a list, found the text `web` (a list stands in brackets: `[web]`)",
    ),
    (
        "list for a mapping",
        "region: r\nvpcs: [app]\n",
        "2:7: error: expected a mapping, found a list",
    ),
    (
        "block list for a mapping",
        "region: r\nvpcs:\n  - app\n",
        "2:1: error: expected a mapping, found a list",
    ),
    ("null for text", "region: ~\n", "1:9: error: expected text, found nothing"),
    ("nothing for text", "region:\n", "1:1: error: expected text, found nothing"),
    (
        "word of a form",
        "region: r\nlisten: { a: internat }\n",
        "2:14: error: unknown value `internat` (did you mean `internet`? allowed here: `internet`; or a mapping with: `vpc`, `subnet`)",
    ),
    (
        "key of a form",
        "region: r\nlisten: { a: { vcp: app } }\n",
        "2:16: error: unknown key `vcp` (did you mean `vpc`?)",
    ),
    (
        "number for text in a form",
        "region: r\nlisten: { a: { vpc: 1 } }\n",
        "2:21: error: expected text, found the number `1` (put it in quotes: `\"1\"`)",
    ),
    (
        "no form",
        "region: r\nlisten: { a: [] }\n",
        "2:14: error: expected `internet` or a mapping or a whole number from 0 to 65535, found a list",
    ),
    (
        "key twice",
        "region: r\nregion: s\n",
        "2:1: error: the key `region` comes twice (keep one of them)",
    ),
    (
        "VPC twice",
        app!("  app: { cidr_block: y }\n"),
        "5:3: error: the key `app` comes twice (keep one of them)",
    ),
    (
        "merge key",
        "region: r\nvpcs:\n  a: &a { cidr_block: x }\n  b:\n    <<: *a\n    cidr_block: y\n",
        "5:5: error: merge keys (`<<`) are not taken (copy the keys here: a reader then sees what applies)",
    ),
    (
        "tag",
        "region: !region r\n",
        "1:9: error: the tag `!region` is not taken (put text that starts with `!` in quotes)",
    ),
    (
        "after wide characters",
        "region: \"日本\" # 日本\nvpcs: { \"é\": { cidr_block: x, y: 1 } }\n",
        "2:31: error: unknown key `y` (allowed here: `cidr_block`, `enable_dns_support`, `subnets`, `rules`)",
    ),
    (
        "after Windows line ends",
        "region: r\r\n\r\nvpc: {}\r\n",
        "3:1: error: unknown key `vpc` (did you mean `vpcs`?)",
    ),
    (
        "after a byte order mark",
        "\u{feff}vpc: {}\nregion: r\n",
        "1:1: error: unknown key `vpc` (did you mean `vpcs`?)",
    ),
    (
        "second document",
        "region: r\n---\nregion: s\n",
        "2:1: error: a second YAML document (keep one document in a file: take out the `---` between them)",
    ),
    (
        "empty",
        "",
        "1:1: error: the file is empty (it needs at least `region:` and one VPC under `vpcs:`)",
    ),
    (
        "comments only",
        "# nothing\n",
        "1:1: error: the file is empty (it needs at least `region:` and one VPC under `vpcs:`)",
    ),
    (
        "a list as key",
        "region: r\n? [a]\n: b\n",
        "2:3: error: a key must be text; found a list or a mapping (put it in quotes if it is meant as text)",
    ),
    (
        "alias to itself",
        "region: &a [*a]\n",
        "1:13: error: an alias inside the value that it names",
    ),
    ("list at the top", "- a\n", "1:1: error: expected a mapping, found a list"),
];

#[test]
fn names_the_mistake_and_its_place() {
    for (case, text, expected) in MISTAKES {
        assert_eq!(lines(text), [format!("t.yaml:{expected}")], "{case}");
    }
}

#[test]
fn syntax_errors_have_a_place_and_a_way_out() {
    for (case, text, start, help) in [
        ("tab", "region: r\nvpcs:\n\tapp: {}\n", "3:", "indents with spaces"),
        ("tab after a colon", "{\"region\":\t1}", "1:", "a space after each `:`"),
        ("surrogates", r#"{"region": "\ud83d\ude00"}"#, "1:", "the character itself"),
        ("open bracket", "region: r\nvpcs: [", "2:", ""),
        ("unknown alias", "region: *r\n", "1:9", ""),
        ("NUL", "region: a\0b\n", "1:10", ""),
        ("open quote", "region: \"r\nvpcs: {}\n", "", ""),
    ] {
        let found = lines(text);
        assert_eq!(found.len(), 1, "{case}: {found:?}");
        assert!(found[0].starts_with(&format!("t.yaml:{start}")), "{case}: {found:?}");
        assert!(found[0].contains(help), "{case}: {found:?}");
    }
}

#[test]
fn reports_all_mistakes_at_once_in_the_order_of_the_file() {
    let text = "\
vpc: 1
vpcs:
  app:
    cidr_block: 10.0.0.0/16
    subnets:
      a: { cidr_block: x, colour: red }
      a: { cidr_block: y }
      b: {}
    rules:
      - { number: one, action: allow }
      - { number: 2, action: allow }
  app:
    cidr_block: z
";
    let problems = Problems::new(load(text).unwrap_err().problems);
    let places: Vec<_> = problems.iter().map(|p| (p.position().line, p.message.as_str())).collect();
    assert_eq!(
        places,
        [
            (1, "unknown key `vpc`"),
            (1, "missing key `region`"),
            (6, "unknown key `colour`"),
            (7, "the key `a` comes twice"),
            (8, "missing key `cidr_block`"),
            (10, "expected a whole number from 0 to 65535, found the text `one`"),
            (12, "the key `app` comes twice"),
        ]
    );
}

#[test]
fn what_is_left_can_be_checked_further_and_placed() {
    let text = "\
region: r
vpcs:
  app:
    cidr_block: x
    colour: red
    rules:
      - { number: one, action: allow }
      - { number: 2, action: allow }
      - { number: 3 }
      - { number: 4, action: deny }
";
    let broken = load(text).unwrap_err();
    assert_eq!(broken.problems.len(), 3);
    let left = broken.salvaged.as_ref().expect("the rest is readable");
    let rules = &left.vpcs.get("app").expect("the VPC is readable").rules;
    assert_eq!(rules.iter().map(|rule| rule.number).collect::<Vec<_>>(), [2, 4]);
    let rules = Path::default().key("vpcs").key("app").key("rules");
    let placed = broken.place(vec![
        Finding::error(rules.index(1).key("number"), "four"),
        Finding::error(Path::default(), "there is no `colour`"),
    ]);
    assert_eq!(placed.len(), 1, "what follows from a dropped part is no news");
    assert_eq!(placed[0].one_line(), "t.yaml:10:19: error: four");
}

#[test]
fn an_invisible_value_is_placed_at_the_innermost_visible_key() {
    let source = Source::new("t.yaml", "region: r\nvpcs:\n  app:\n    cidr_block: x\n").unwrap();
    let app = Path::default().key("vpcs").key("app");
    let findings = vec![
        Finding::error(app.key("cidr_block"), "value").rule("R15"),
        Finding::error(app.key("cidr_block"), "key").at_key(),
        Finding::error(app.key("subnets").key("a"), "absent"),
        Finding::error(app.clone(), "block"),
        Finding::warning(Path::default().key("nothing"), "top"),
    ];
    let lines: Vec<_> =
        place(&source, findings).iter().map(plustwo::config::Problem::one_line).collect();
    assert_eq!(
        lines,
        [
            "t.yaml:4:17: error: value [R15]",
            "t.yaml:4:5: error: key",
            "t.yaml:3:3: error: absent",
            "t.yaml:3:3: error: block",
            "t.yaml:1:1: warning: top",
        ]
    );
}

#[test]
fn mistakes_that_only_types_notice_are_found_one_by_one() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Typed {
        #[schemars(with = "String")]
        a: std::net::Ipv4Addr,
        #[schemars(with = "Vec<String>")]
        b: Vec<std::net::Ipv4Addr>,
    }
    let source = Source::new("t.yaml", "a: 1.2.3\nb: [10.0.0.1, x, 10.0.0.2, y]\nc: 1\n").unwrap();
    let broken = read::<Typed>(&source).unwrap_err();
    let problems = Problems::new(broken.problems);
    let places: Vec<_> =
        problems.iter().map(|p| (p.position().line, p.position().column)).collect();
    assert_eq!(places, [(1, 4), (2, 15), (2, 28), (3, 1)]);
}

#[test]
fn a_choice_told_apart_by_a_key() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(tag = "type", deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    enum Target {
        Address { ip: String },
        Alias { name: String, weight: Option<u8> },
    }
    let cases = [
        ("a: { type: Address, ip: 10.0.0.1 }\nb: { type: Alias, name: x, weight: 1 }\n", None),
        ("a: { type: Adress, ip: x }\n", Some("1:12: error: unknown value `Adress`")),
        ("a: { ip: x }\n", Some("1:1: error: missing key `type`")),
        ("a: { type: Alias, nam: x }\n", Some("1:19: error: unknown key `nam`")),
        (
            "a: { type: Alias, name: x, weight: 999 }\n",
            Some("1:36: error: expected a whole number from 0 to 255, found the number `999`"),
        ),
        ("a: x\n", Some("1:4: error: expected a mapping, found the text `x`")),
    ];
    for (text, expected) in cases {
        let found: Vec<String> = match read::<Entries<Target>>(&Source::new("t", text).unwrap()) {
            Ok(_) => Vec::new(),
            Err(broken) => broken.problems.iter().map(plustwo::config::Problem::one_line).collect(),
        };
        let expected: Vec<String> = expected.iter().map(|line| format!("t:{line}")).collect();
        assert_eq!(found, expected, "{text}");
    }
}
