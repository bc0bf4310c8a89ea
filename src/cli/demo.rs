//! `plustwo demo`: the page's stories in a terminal, on the example that is built in, without a server.

use std::fmt::Write as _;

use clap::Args;
use hickory_proto::rr::{Name, RecordType};
use serde::Deserialize;
use tokio::runtime::{self, Runtime};

use super::{Failure, Verdict, print, topology};
use crate::{
    answer::Question,
    config::{self, EndpointChange},
    health::{State as Health, Target},
    render,
    server::{self, Upstream},
    state::{Clock, State, TracePlan, TraceRequest},
};

/// The stories, which the page tells too.
const STORIES: &str = include_str!("../../web/stories.json");

/// Tell a story step by step, without a server: what is asked, what is switched, what comes of it
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The story; without it, the stories there are
    name: Option<String>,
}

/// The file of stories.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stories {
    stories: Vec<Story>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    name: String,
    title: String,
    about: String,
    /// What the page looks for in a topology before it tells the story.
    #[serde(rename = "needs")]
    _needs: serde_json::Value,
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    text: String,
    #[serde(rename = "do")]
    act: Act,
    #[serde(default)]
    expect: Expect,
}

/// What a step does, as a command of a running server would.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Act {
    Resolve { from: String, name: String },
    Trace { from: String, to: String },
    Endpoint { name: String, private_dns_enabled: bool },
    AvailabilityZone { name: String, state: Word, forced: Option<Word> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Impaired,
    Available,
}

impl From<Word> for Health {
    fn from(word: Word) -> Self {
        match word {
            Word::Impaired => Self::Impaired,
            Word::Available => Self::Healthy,
        }
    }
}

/// What comes of a step.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Expect {
    addresses: Vec<String>,
    reached: Vec<String>,
    lost: Vec<String>,
}

impl Demo {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let Stories { stories } = serde_json::from_str(STORIES).map_err(Failure::other)?;
        let Some(name) = self.name else {
            let mut text = String::new();
            for story in &stories {
                // writing to a String cannot fail
                _ = writeln!(text, "{:22}{}", story.name, story.title);
            }
            print(&text)?;
            return Ok(Verdict::Yes);
        };
        let Some(story) = stories.iter().find(|story| story.name == name) else {
            let names: Vec<&str> = stories.iter().map(|story| &*story.name).collect();
            return Err(Failure::Other(format!(
                "there is no story `{name}`: expected one of `{}`",
                names.join("`, `")
            )));
        };
        let mut stage = Stage::new()?;
        print(&format!("{}\n{}\n", story.title, story.about))?;
        let mut verdict = Verdict::Yes;
        for (number, step) in (1..).zip(&story.steps) {
            let (text, found) = stage.play(&step.act)?;
            print(&format!("\n{number}. {}\n{}", step.text, indented(&text)))?;
            if found != step.expect {
                verdict = Verdict::No;
            }
        }
        Ok(verdict)
    }
}

fn indented(text: &str) -> String {
    text.lines().flat_map(|line| ["   ", line, "\n"]).collect()
}

/// Where a story is played: its clock stands still, so that it is the same every time.
struct Stage {
    state: State,
    upstream: Upstream,
    runtime: Runtime,
}

impl Stage {
    fn new() -> Result<Self, Failure> {
        Ok(Self {
            state: State::new(topology(None)?.model, Clock::stopped()),
            upstream: Upstream::default(),
            runtime: runtime::Builder::new_current_thread().enable_all().build()?,
        })
    }

    /// Does what a step does, and says what is seen, or which command does the same to a running server; and what came of it.
    fn play(&mut self, act: &Act) -> Result<(String, Expect), Failure> {
        match act {
            Act::Resolve { from, name } => self.resolve(from, name),
            Act::Trace { from, to } => self.trace(from, to),
            Act::Endpoint { name, private_dns_enabled: on } => {
                let snapshot = self.state.snapshot();
                let ix = config::find_endpoint(&snapshot.model, name).map_err(Failure::other)?;
                let change =
                    EndpointChange { private_dns_enabled: Some(*on), ..EndpointChange::default() };
                self.state
                    .change_endpoint(snapshot.model[ix].id, &change)
                    .map_err(Failure::other)?;
                let on = if *on { "on" } else { "off" };
                Ok((format!("$ plustwo endpoint set {name} --private-dns {on}"), Expect::default()))
            }
            Act::AvailabilityZone { name, state, forced } => {
                let az =
                    config::find_az(&self.state.snapshot().model, name).map_err(Failure::other)?;
                let target = Target::AvailabilityZone(az);
                self.state.observe(target, (*state).into());
                self.state.force(target, forced.map(Into::into));
                let command = match (state, forced) {
                    (Word::Impaired, None) => format!("$ plustwo az impair {name}"),
                    (Word::Impaired, Some(_)) => format!("$ plustwo az impair {name} --force"),
                    (Word::Available, _) => format!("$ plustwo az restore {name} --force"),
                };
                Ok((command, Expect::default()))
            }
        }
    }

    fn resolve(&self, from: &str, name: &str) -> Result<(String, Expect), Failure> {
        let snapshot = self.state.snapshot();
        let vantage = config::vantage(&snapshot.model, from).map_err(Failure::other)?;
        let mut qname = Name::from_ascii(name).map_err(Failure::other)?;
        qname.set_fqdn(true);
        let question = Question { name: qname, rtype: RecordType::A };
        let asked = server::resolve(&self.state, &self.upstream, &snapshot, vantage, &question);
        let answer = self.runtime.block_on(asked);
        let situation = snapshot.situation(vantage, 0);
        let text = render::answer_text(&situation, &question, &answer, true);
        let addresses = answer.records.iter().map(|record| render::rdata_text(&record.data));
        Ok((text, Expect { addresses: addresses.collect(), ..Expect::default() }))
    }

    fn trace(&self, from: &str, to: &str) -> Result<(String, Expect), Failure> {
        let snapshot = self.state.snapshot();
        let request =
            TraceRequest { from: from.to_owned(), to: to.to_owned(), ..TraceRequest::default() };
        let plan = TracePlan::new(&snapshot, &request).map_err(Failure::other)?;
        let mut answers = Vec::new();
        for question in plan.questions(&snapshot) {
            let vantage = plan.vantage;
            let asked = server::resolve(&self.state, &self.upstream, &snapshot, vantage, &question);
            answers.push(self.runtime.block_on(asked));
        }
        let addresses = plan.addresses(&answers);
        let traces = plan.trace(&snapshot, &addresses).map_err(Failure::other)?;
        let world = snapshot.world(false);
        let mut text = format!("a packet from {from} to {to}\n");
        let mut found = Expect::default();
        for trace in &traces {
            let address = trace.flow.destination.to_string();
            let verdict = render::trace_lines(&world, trace).pop().unwrap_or_default();
            // writing to a String cannot fail
            _ = writeln!(text, "{address} {verdict}");
            let list = if trace.is_reachable() { &mut found.reached } else { &mut found.lost };
            list.push(address);
        }
        Ok((text, found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_stories_tell_is_so() {
        let Stories { stories } = serde_json::from_str(STORIES).unwrap();
        assert_eq!(stories.len(), 4);
        for story in stories {
            let mut stage = Stage::new().unwrap();
            for (number, step) in (1..).zip(story.steps) {
                let (text, found) = stage.play(&step.act).unwrap();
                assert_eq!(found, step.expect, "{} {number}\n{text}", story.name);
                let asks = matches!(step.act, Act::Resolve { .. } | Act::Trace { .. });
                assert_eq!(asks, found != Expect::default(), "{} {number}\n{text}", story.name);
            }
            let snapshot = stage.state.snapshot();
            assert!(snapshot.detected.is_clear(), "{} puts all back", story.name);
        }
    }
}
