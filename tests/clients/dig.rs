//! dig and kdig: header, EDNS, sizes, transports, and what is refused, as the tools' own reading of the reply shows it.

use std::collections::BTreeSet;

use libtest_mimic::Trial;

use crate::{program, server::Server};

/// The SNS endpoint's Regional DNS name, by the id and hash that topology.yaml gives it.
const REGIONAL: &str = "vpce-0a1b2c3d4e5f60718-abcd1234.sns.us-east-1.vpce.amazonaws.com";

pub(crate) fn trials() -> Vec<Trial> {
    trials!("dig":
        header_has_qr_rd_ra_and_no_aa
        kdig_reads_the_same_header
        no_edns_in_no_edns_out
        three_addresses_whose_first_one_rotates
        zonal_name_has_its_own_address_alone
        missing_type_is_nodata_with_soa
        every_other_type_is_nodata_at_a_regional_name
        missing_name_is_nxdomain_with_soa
        alias_and_cname_of_a_hosted_zone
        asker_on_the_internet_sees_public_answers
        case_of_the_question_is_kept
        tcp_gives_the_same_answer
        kdig_keeps_a_tcp_connection
        big_answer_is_cut_with_tc_and_opt
        big_answer_comes_whole_over_tcp
        middling_answer_needs_edns
        unknown_edns_version_is_badvers
        unknown_opcodes_are_notimp
        update_and_notify_are_refused
        zone_transfer_is_refused
        no_recursion_wanted_is_refused
        chaos_class_is_refused
    )
}

/// R5, R33.
fn header_has_qr_rd_ra_and_no_aa() {
    let reply = dig(&Server::start(), "sns.us-east-1.amazonaws.com A");
    has(&reply, "status: NOERROR");
    has(&reply, ";; flags: qr rd ra; QUERY: 1, ANSWER: 3, AUTHORITY: 0, ADDITIONAL: 1");
    has(&reply, "; EDNS: version: 0, flags:; udp: 4096");
    assert_eq!(answers(&reply, "A").len(), 3, "{reply}");
    assert!(answers(&reply, "A").iter().all(|(ttl, _)| *ttl == 60), "{reply}");
}

/// R5.
fn kdig_reads_the_same_header() {
    let reply = kdig(&Server::start(), &["+edns", "sns.us-east-1.amazonaws.com", "A"]);
    has(&reply, "status: NOERROR");
    has(&reply, "Flags: qr rd ra; QUERY: 1; ANSWER: 3; AUTHORITY: 0; ADDITIONAL: 1");
    has(&reply, "Version: 0; flags: ; UDP size: 4096 B; ext-rcode: NOERROR");
}

/// R90.
fn no_edns_in_no_edns_out() {
    let reply = dig(&Server::start(), "+noedns sns.us-east-1.amazonaws.com A");
    has(&reply, ";; flags: qr rd ra; QUERY: 1, ANSWER: 3, AUTHORITY: 0, ADDITIONAL: 0");
}

/// R31, R32.
fn three_addresses_whose_first_one_rotates() {
    let server = Server::start();
    let replies: Vec<String> = (0..3).map(|_| dig(&server, &format!("{REGIONAL} A"))).collect();
    let all = BTreeSet::from(["10.0.1.50", "10.0.2.50", "10.0.3.50"].map(str::to_owned));
    let mut first = BTreeSet::new();
    for reply in &replies {
        let addresses: Vec<String> =
            answers(reply, "A").into_iter().map(|(_, data)| data).collect();
        first.extend(addresses.first().cloned());
        assert_eq!(addresses.into_iter().collect::<BTreeSet<_>>(), all, "{reply}");
    }
    assert_eq!(first, all, "each address comes first once in three answers:{}", replies.concat());
}

/// R35.
fn zonal_name_has_its_own_address_alone() {
    let zonal = REGIONAL.replacen(".sns", "-us-east-1b.sns", 1);
    let reply = dig(&Server::start(), &format!("{zonal} A"));
    assert_eq!(answers(&reply, "A"), [record(60, "10.0.2.50")], "{reply}");
}

/// R44, R69, R127.
fn missing_type_is_nodata_with_soa() {
    let reply = dig(&Server::start(), "sns.us-east-1.amazonaws.com AAAA");
    has(&reply, "status: NOERROR");
    has(&reply, "ANSWER: 0, AUTHORITY: 1");
    let soa = "ns-1536.awsdns-00.co.uk. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400";
    assert_eq!(answers(&reply, "SOA").first().map(|(_, data)| &**data), Some(soa), "{reply}");
    has(&reply, "\nsns.us-east-1.amazonaws.com.");
}

/// R44.
fn every_other_type_is_nodata_at_a_regional_name() {
    let server = Server::start();
    for of_type in
        ["AAAA", "MX", "TXT", "SRV", "CAA", "HTTPS", "SVCB", "NS", "SOA", "PTR", "TYPE65280"]
    {
        let reply = dig(&server, &format!("{REGIONAL} {of_type}"));
        has(&reply, "status: NOERROR");
        has(&reply, "ANSWER: 0, AUTHORITY: 1");
        has(&reply, "\nus-east-1.vpce.amazonaws.com.");
    }
}

/// R48, R126.
fn missing_name_is_nxdomain_with_soa() {
    let server = Server::start();
    for (name, zone) in [
        ("foo.sns.us-east-1.amazonaws.com", "sns.us-east-1.amazonaws.com."),
        ("nobody.corp.internal", "corp.internal."),
    ] {
        let reply = dig(&server, &format!("{name} A"));
        has(&reply, "status: NXDOMAIN");
        has(&reply, "ANSWER: 0, AUTHORITY: 1");
        has(&reply, &format!("\n{zone}"));
        assert_eq!(answers(&reply, "SOA").len(), 1, "{reply}");
    }
}

/// R64.
fn alias_and_cname_of_a_hosted_zone() {
    let server = Server::start();
    let alias = dig(&server, "queue.corp.internal A");
    assert_eq!(answers(&alias, "A"), [record(60, "10.0.1.51")], "{alias}");
    assert!(answers(&alias, "CNAME").is_empty(), "{alias}");
    let cname = dig(&server, "www.corp.internal A");
    assert_eq!(answers(&cname, "CNAME"), [record(60, "db.corp.internal.")], "{cname}");
    assert_eq!(answers(&cname, "A"), [record(60, "10.0.1.20")], "{cname}");
}

/// R30, R46, R63: the source address of a query says who asks.
fn asker_on_the_internet_sees_public_answers() {
    let server = Server::start();
    let public = dig(&server, "-b 127.0.0.9 sns.us-east-1.amazonaws.com A");
    has(&public, "status: NOERROR");
    assert!(!answers(&public, "A").is_empty(), "{public}");
    for (_, address) in answers(&public, "A") {
        let documentation = ["192.0.2.", "198.51.100.", "203.0.113."];
        assert!(documentation.iter().any(|net| address.starts_with(net)), "{public}");
    }
    has(&dig(&server, "-b 127.0.0.9 db.corp.internal A"), "status: NXDOMAIN");
    let regional = dig(&server, &format!("-b 127.0.0.9 {REGIONAL} A"));
    assert_eq!(answers(&regional, "A").len(), 3, "{regional}");
}

/// 0x20: resolvers that mix the case of a question drop a reply with another spelling.
fn case_of_the_question_is_kept() {
    let server = Server::start();
    for option in ["+notcp", "+tcp"] {
        let reply = dig(&server, &format!("{option} sNs.uS-eAsT-1.aMaZoNaWs.CoM A"));
        has(&reply, "\n;sNs.uS-eAsT-1.aMaZoNaWs.CoM.");
        assert_eq!(answers(&reply, "A").len(), 3, "{reply}");
    }
}

fn tcp_gives_the_same_answer() {
    let server = Server::start();
    let udp = dig(&server, "+notcp db.corp.internal A");
    let tcp = dig(&server, "+tcp db.corp.internal A");
    has(&tcp, "(TCP)");
    has(&tcp, ";; flags: qr rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1");
    assert_eq!(answers(&udp, "A"), answers(&tcp, "A"));
}

/// RFC 7766: one connection, several queries.
fn kdig_keeps_a_tcp_connection() {
    let names = ["db.corp.internal", "A", "queue.corp.internal", "A", "db.corp.internal", "AAAA"];
    let reply = kdig(&Server::start(), &[&["+tcp", "+keepopen"][..], &names[..]].concat());
    has(&reply, "10.0.1.20");
    has(&reply, "10.0.1.51");
    assert_eq!(reply.matches("status: NOERROR").count(), 3, "{reply}");
}

/// R90: TC, no records, and still the OPT record.
fn big_answer_is_cut_with_tc_and_opt() {
    let server = Server::start();
    for size in ["512", "1232", "4096", "65535"] {
        let options = format!("+notcp +ignore +bufsize={size}");
        let reply = dig(&server, &format!("{options} big.corp.internal TXT"));
        has(&reply, ";; flags: qr tc rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 0, ADDITIONAL: 1");
        has(&reply, "udp: 4096");
    }
}

fn big_answer_comes_whole_over_tcp() {
    let reply = dig(&Server::start(), "big.corp.internal TXT");
    has(&reply, ";; Truncated, retrying in TCP mode.");
    has(&reply, ";; flags: qr rd ra; QUERY: 1, ANSWER: 24");
    assert_eq!(answers(&reply, "TXT").len(), 24, "{reply}");
}

/// R90: 512 bytes without EDNS, the client's size with it, never less than 512 (RFC 6891 §6.2.3).
fn middling_answer_needs_edns() {
    let server = Server::start();
    let query = "+notcp +ignore middle.corp.internal TXT";
    has(&dig(&server, &format!("+noedns {query}")), ";; flags: qr tc rd ra; QUERY: 1, ANSWER: 0");
    has(
        &dig(&server, &format!("+bufsize=1232 {query}")),
        ";; flags: qr rd ra; QUERY: 1, ANSWER: 4",
    );
    let tiny = dig(&server, "+notcp +ignore +bufsize=100 sns.us-east-1.amazonaws.com A");
    has(&tiny, ";; flags: qr rd ra; QUERY: 1, ANSWER: 3");
}

/// RFC 6891 §6.1.3.
fn unknown_edns_version_is_badvers() {
    let reply = dig(&Server::start(), "+edns=1 +noednsneg db.corp.internal A");
    has(&reply, "status: BADVERS");
    has(&reply, "; EDNS: version: 0");
    has(&reply, "ANSWER: 0");
}

/// RD and CD mean nothing outside a query, so they are not echoed.
fn unknown_opcodes_are_notimp() {
    let server = Server::start();
    for opcode in ["1", "2", "3", "6", "15"] {
        let reply = dig(&server, &format!("+opcode={opcode} +rec +cdflag db.corp.internal A"));
        has(&reply, "status: NOTIMP");
        let flags = reply.split(";; flags: ").nth(1).and_then(|rest| rest.split(';').next());
        assert_eq!(flags, Some("qr"), "opcode {opcode}: {reply}");
    }
}

/// R138.
fn update_and_notify_are_refused() {
    let server = Server::start();
    for opcode in ["4", "5"] {
        let reply = dig(&server, &format!("+opcode={opcode} +rec +cdflag corp.internal SOA"));
        has(&reply, "status: REFUSED");
        let flags = reply.split(";; flags: ").nth(1).and_then(|rest| rest.split(';').next());
        assert_eq!(flags, Some("qr"), "opcode {opcode}: {reply}");
    }
}

/// R138.
fn zone_transfer_is_refused() {
    has(&dig(&Server::start(), "corp.internal AXFR"), "; Transfer failed.");
}

/// R2.
fn no_recursion_wanted_is_refused() {
    let reply = dig(&Server::start(), "+norec db.corp.internal A");
    has(&reply, "status: REFUSED");
    has(&reply, "ANSWER: 0");
}

/// R138: the VPC's names are in class IN.
fn chaos_class_is_refused() {
    has(&dig(&Server::start(), "CH TXT version.bind"), "status: REFUSED");
}

fn dig(server: &Server, query: &str) -> String {
    let port = server.port();
    let to = ["@127.0.0.1", "-p", &port, "+time=5", "+tries=1"];
    program::run("dig", to.into_iter().chain(query.split_whitespace()))
}

fn kdig(server: &Server, query: &[&str]) -> String {
    let port = server.port();
    program::run("kdig", [&["@127.0.0.1", "-p", &port, "+timeout=5", "+retry=0"], query].concat())
}

fn has(reply: &str, part: &str) {
    assert!(reply.contains(part), "no `{part}` in\n{reply}");
}

/// TTL in seconds and RDATA of each record of a type in dig's output, in its order.
fn answers(reply: &str, of_type: &str) -> Vec<(u32, String)> {
    let records = reply.lines().filter(|line| !line.starts_with(';'));
    records
        .filter_map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
            [_, ttl, "IN", found, ref data @ ..] if found == of_type => {
                Some((ttl.parse().unwrap(), data.join(" ")))
            }
            _ => None,
        })
        .collect()
}

/// `(TTL, RDATA)` as [`answers`] gives it.
fn record(ttl: u32, data: &str) -> (u32, String) {
    (ttl, data.to_owned())
}
