//! Query logging of Resolver: where it goes, and for which VPCs. R110

use std::path::PathBuf;

use super::{QueryLogConfigId, VpcIx};

/// A file of a query log that is given no size ends at this many octets, ten MiB. No source: AWS has no files.
pub const QUERY_LOG_FILE_BYTES: u64 = 10 << 20;

/// So many files of a query log are kept behind the one that is written, where the topology gives no number.
pub const QUERY_LOG_FILES_KEPT: u16 = 5;

/// A query logging configuration: one destination, and the VPCs whose queries go there. R110
#[derive(Clone, Debug)]
pub struct ResolverQueryLogConfig {
    /// The user's name for it.
    pub name: Box<str>,
    /// Its id.
    pub id: QueryLogConfigId,
    /// Where its lines go.
    pub destination: QueryLogDestination,
    /// The VPCs it is associated with; those of its Profiles are in [`super::Vpc::query_logs`] too. R104
    pub vpcs: Vec<VpcIx>,
}

/// Where the lines of a query log go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryLogDestination {
    /// To a file, and when that is full to the next.
    File(QueryLogFile),
    /// To the standard output.
    Stdout,
    /// To those who listen at the API.
    Events,
}

impl QueryLogDestination {
    /// The topology's word for its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Stdout => "stdout",
            Self::Events => "events",
        }
    }
}

/// A file of lines that is rotated by its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryLogFile {
    /// Where it is; older ones have `.1`, `.2` and so on behind their names.
    pub path: PathBuf,
    /// What it may hold, in octets; a line that does not fit begins the next one.
    pub max_bytes: u64,
    /// How many older ones are kept.
    pub keep: u16,
}
