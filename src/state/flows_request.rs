//! What `flows` is asked for, as people type it; and the traffic that this means.

use std::net::IpAddr;

use thiserror::Error;

use super::{BadTraceRequest, Snapshot, TracePlan, TraceRequest};
use crate::{
    config::{self, NotFound},
    flowlog::{self, LoggedFlow, MAX_DURATION_SECS, Silence, Traffic, delivered_at},
    model::FlowLogIx,
};

/// How many packets there are where nothing is said: as many as ping sends in AWS's example of records.
const PACKETS: u64 = 4;

/// How large a packet is that says nothing of it, in octets: what ping sends.
const PACKET_BYTES: u64 = 84;

/// The largest IP packet, in octets: its length has 16 bits. RFC 791
const MAX_PACKET_BYTES: u64 = 65_535;

/// Most packets of a flow. Ours.
const MAX_PACKETS: u64 = 1_000_000_000;

/// The last second of the year 9998, since 1970: what is delivered later has a year of four digits too.
const MAX_TIME: u64 = 253_370_764_799;

/// What is asked, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowsRequest {
    /// From where to where.
    pub trace: TraceRequest,
    /// A flow log by its name or id; all of them where absent.
    pub flow_log: Option<String>,
    /// How many packets go there; 4 where absent.
    pub packets: Option<u64>,
    /// How large they are together, in octets; 84 each where absent.
    pub bytes: Option<u64>,
    /// When the first is sent, in seconds since 1970; now where absent.
    pub at: Option<u64>,
    /// How many seconds later the last one is sent; 0 where absent.
    pub duration_secs: Option<u64>,
    /// Whether to have the records of interfaces that are covered and see nothing.
    pub nodata: bool,
    /// By when records are delivered, in seconds since 1970; those that come later are left out. N203
    pub delivered_by: Option<u64>,
}

/// How much may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowsLimits {
    /// For how many seconds a flow may go on.
    pub duration_secs: u64,
    /// How many records may come of it, as nearly as that is known before.
    pub records: u64,
}

impl Default for FlowsLimits {
    fn default() -> Self {
        Self { duration_secs: MAX_DURATION_SECS, records: u64::MAX }
    }
}

/// Why there are no records.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadFlowsRequest {
    /// The way is not understood.
    #[error(transparent)]
    Trace(#[from] BadTraceRequest),
    /// Nothing is logged at all.
    #[error("the topology has no `flow_logs`")]
    NoFlowLogs,
    /// There is no such flow log.
    #[error(transparent)]
    NoSuchFlowLog(#[from] NotFound),
    /// A number that is too large.
    #[error("{found} {what}: expected at most {most}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        found: u64,
        /// How many there may be.
        most: u64,
    },
    /// More records than may be had at once.
    #[error(
        "more than {0} records: name one flow log, send for a shorter time, or leave `nodata` out"
    )]
    TooManyRecords(u64),
}

/// A request understood.
#[derive(Clone, Debug)]
pub struct FlowsPlan {
    /// What to resolve first, and what to trace then.
    pub trace: TracePlan,
    /// What flows.
    pub traffic: Traffic,
    flow_logs: Vec<FlowLogIx>,
    nodata: bool,
    delivered_by: u64,
    most_records: u64,
}

impl FlowsPlan {
    /// Understands a request that comes at a second since 1970.
    ///
    /// # Errors
    /// Where something in it is not there, does not fit, or is too much.
    pub fn new(
        snapshot: &Snapshot,
        request: &FlowsRequest,
        limits: FlowsLimits,
        now: u64,
    ) -> Result<Self, BadFlowsRequest> {
        let model = &snapshot.model;
        let flow_logs = match &request.flow_log {
            Some(name) => vec![config::find_flow_log(model, name)?],
            None => model.flow_log_indexes().collect(),
        };
        if flow_logs.is_empty() {
            return Err(BadFlowsRequest::NoFlowLogs);
        }
        let at_most = |what, found, most| {
            let too_many = BadFlowsRequest::TooMany { what, found, most };
            if found > most { Err(too_many) } else { Ok(found) }
        };
        let packets = at_most("packets", request.packets.unwrap_or(PACKETS), MAX_PACKETS)?;
        let bytes = request.bytes.unwrap_or(packets * PACKET_BYTES);
        let traffic = Traffic {
            packets,
            bytes: at_most("octets in these packets", bytes, packets * MAX_PACKET_BYTES)?,
            at: at_most("seconds since 1970", request.at.unwrap_or(now), MAX_TIME)?,
            duration_secs: at_most(
                "seconds from the first packet to the last",
                request.duration_secs.unwrap_or(0),
                limits.duration_secs,
            )?,
        };
        Ok(Self {
            trace: TracePlan::new(snapshot, &request.trace)?,
            traffic,
            flow_logs,
            nodata: request.nodata,
            delivered_by: request.delivered_by.unwrap_or(u64::MAX),
            most_records: limits.records,
        })
    }

    /// What flow logs record of it, where these are the addresses that it goes to: whoever connects takes one of them.
    ///
    /// # Errors
    /// Where the source has no address of the destination's family, or there would be too many records.
    pub fn records(
        &self,
        snapshot: &Snapshot,
        addresses: &[IpAddr],
    ) -> Result<Vec<LoggedFlow>, BadFlowsRequest> {
        let Self { trace, traffic, flow_logs, nodata, delivered_by, most_records } = self;
        let traces = trace.trace(snapshot, addresses.get(..1).unwrap_or_default())?;
        let world = snapshot.world(false);
        if flowlog::are_more_than(*most_records, &world, &traces, traffic, flow_logs, *nodata) {
            return Err(BadFlowsRequest::TooManyRecords(*most_records));
        }
        let mut logged = flowlog::records(&world, &traces, traffic, flow_logs, *nodata);
        for of in &mut logged {
            let flow_log = &world.model[of.flow_log];
            for (_, records) in &mut of.records {
                records.retain(|record| delivered_at(flow_log, record) <= *delivered_by);
            }
            of.records.retain(|(_, records)| !records.is_empty());
        }
        logged.retain(|of| !of.records.is_empty());
        Ok(logged)
    }

    /// Why [`Self::records`] gave none.
    ///
    /// # Errors
    /// Where the source has no address of the destination's family.
    pub fn silence(
        &self,
        snapshot: &Snapshot,
        addresses: &[IpAddr],
    ) -> Result<Silence, BadFlowsRequest> {
        let Self { trace, traffic, flow_logs, nodata, .. } = self;
        let traces = trace.trace(snapshot, addresses.get(..1).unwrap_or_default())?;
        let world = snapshot.world(false);
        let undelivered = flowlog::records(&world, &traces, traffic, flow_logs, *nodata);
        let times = undelivered.iter().flat_map(|of| {
            let records = of.records.iter().flat_map(|(_, records)| records);
            records.map(|record| delivered_at(&world.model[of.flow_log], record))
        });
        Ok(times.min().map_or_else(
            || flowlog::silence(&world, &traces, traffic, flow_logs),
            Silence::NotDelivered,
        ))
    }
}
