//! An answer as text, much as dig prints one, and as JSON.

use std::fmt::Write as _;

use hickory_proto::rr::{Name, Record, RecordType};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Sentence, explain, name_text, query_log::rcode_text, rdata_text, record_text, type_text,
    vantage_text,
};
use crate::{
    answer::{Answer, Question, Situation},
    model::{Model, Vantage},
};

/// The status line's word: the RCODE, or why there is none.
fn status(answer: &Answer) -> String {
    answer.rcode().map_or_else(|| "no reply".to_owned(), rcode_text)
}

/// An answer for a terminal; with the explanation if it is asked for.
#[must_use]
pub fn answer_text(
    situation: &Situation<'_>,
    question: &Question,
    answer: &Answer,
    with_why: bool,
) -> String {
    let mut out = String::new();
    // writing to a String cannot fail
    _ = writeln!(
        out,
        ";; {} {} from {}: {}",
        name_text(&question.name),
        type_text(question.rtype),
        vantage_text(situation.model, situation.vantage),
        status(answer)
    );
    for record in &answer.records {
        _ = writeln!(out, "{}", record_text(record));
    }
    if let Some(soa) = &answer.soa {
        _ = writeln!(out, ";; authority\n{}", record_text(soa));
    }
    if with_why {
        _ = writeln!(out, ";; why");
        for sentence in explain(situation, question, answer) {
            let rules = sentence.rules.join(", ");
            let rules = if rules.is_empty() { String::new() } else { format!(" ({rules})") };
            _ = writeln!(out, ";;   {}{rules}", sentence.text);
        }
    }
    out
}

/// What a name is for somebody, in a line: its addresses, or that it has none.
#[must_use]
pub fn resolved_text(model: &Model, vantage: Vantage, name: &Name, answers: &[Answer]) -> String {
    let addresses = answers.iter().flat_map(|answer| &answer.records);
    let addresses =
        addresses.filter(|record| matches!(record.record_type(), RecordType::A | RecordType::AAAA));
    let mut said: Vec<String> = addresses.map(|record| rdata_text(&record.data)).collect();
    if said.is_empty() {
        said = answers.iter().map(status).collect();
        said.dedup();
        said.insert(0, "no address:".to_owned());
    }
    let said = said.join(" ");
    format!("{} from {}: {said}\n", name_text(name), vantage_text(model, vantage))
}

/// An answer with its explanation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AnswerReport {
    /// What was asked.
    pub question: QuestionReport,
    /// From where, as the command line spells it.
    pub vantage: String,
    /// The RCODE, or `no reply`.
    pub status: String,
    /// The answer section.
    pub answers: Vec<RecordReport>,
    /// The authority section: the SOA of a negative answer. R5
    pub authority: Vec<RecordReport>,
    /// How it came about.
    pub explanation: Vec<Sentence>,
}

/// A question.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct QuestionReport {
    /// The QNAME.
    pub name: String,
    /// The QTYPE.
    #[serde(rename = "type")]
    pub rtype: String,
}

/// A record.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RecordReport {
    /// Its owner.
    pub name: String,
    /// In seconds.
    pub ttl: u32,
    /// Its type.
    #[serde(rename = "type")]
    pub rtype: String,
    /// Its RDATA in presentation format.
    pub data: String,
}

impl From<&Record> for RecordReport {
    fn from(record: &Record) -> Self {
        Self {
            name: name_text(&record.name),
            ttl: record.ttl,
            rtype: type_text(record.record_type()),
            data: rdata_text(&record.data),
        }
    }
}

/// An answer with its explanation, to be written as JSON.
#[must_use]
pub fn answer_report(
    situation: &Situation<'_>,
    question: &Question,
    answer: &Answer,
) -> AnswerReport {
    AnswerReport {
        question: QuestionReport {
            name: name_text(&question.name),
            rtype: type_text(question.rtype),
        },
        vantage: vantage_text(situation.model, situation.vantage),
        status: status(answer),
        answers: answer.records.iter().map(Into::into).collect(),
        authority: answer.soa.iter().map(Into::into).collect(),
        explanation: explain(situation, question, answer),
    }
}
