//! Query logging configurations: one destination each, and the VPCs that log there. R104, R110

use std::collections::HashMap;

use super::Builder;
use crate::{
    config::{
        AwsError, Entries, Finding,
        at::At,
        spec::{QueryLogConfigSpec, QueryLogDestinationSpec, QueryLogFileSpec},
    },
    model::{
        QUERY_LOG_FILE_BYTES, QUERY_LOG_FILES_KEPT, QueryLogConfigId, QueryLogConfigIx,
        QueryLogDestination, QueryLogFile, ResolverQueryLogConfig, VpcIx,
    },
};

/// The least that a file holds, in octets: a few lines.
const MIN_FILE_BYTES: u64 = 4096;

/// Most files that are kept.
const MAX_FILES_KEPT: u16 = 1000;

/// What VPCs log to by configurations of their own, by its kind: the name of the configuration.
type Taken = HashMap<(VpcIx, &'static str), Box<str>>;

impl Builder {
    /// All query logging configurations.
    pub(super) fn query_log_configs(&mut self, configs: Entries<QueryLogConfigSpec>) {
        let mut taken = Taken::new();
        for (name, spec) in configs {
            let path = At::ROOT.entry("resolver_query_log_configs", &name);
            self.query_log_config(&path, &name, spec, &mut taken);
        }
    }

    fn query_log_config(
        &mut self,
        path: &At<'_>,
        name: &str,
        spec: QueryLogConfigSpec,
        taken: &mut Taken,
    ) {
        let QueryLogConfigSpec { id, destination, vpcs } = spec;
        let id = self.id(path, id.as_deref(), || QueryLogConfigId::derive(name));
        let Some(destination) = self.query_log_destination(&path.key("destination"), destination)
        else {
            return;
        };
        let Ok(ix) = u16::try_from(self.model.resolver_query_log_configs.len()) else { return };
        let in_profiles = &self.in_profiles.query_logs;
        let in_a_profile = in_profiles.contains(name) || in_profiles.contains(&*id.to_string());
        if vpcs.is_empty() && !in_a_profile {
            let message = format!("no VPC is associated with `{name}`: it logs nothing");
            self.findings.push(Finding::warning(path, message).at_key().rule("R110"));
        }
        let mut associated: Vec<VpcIx> = Vec::with_capacity(vpcs.len());
        for (at, vpc) in vpcs.iter().enumerate() {
            let path = path.item("vpcs", at);
            let Some(vpc) = self.vpc(&path, vpc) else { continue };
            if let Some(first) = associated.first().copied()
                && self.model[first].region != self.model[vpc].region
            {
                let error = AwsError::query_log_of_another_region();
                let help = format!("`{name}` is in {}", self.model[first].region);
                self.refused_with(&path, &error, help);
                continue;
            }
            let kind = destination.kind();
            if let Some(other) = taken.insert((vpc, kind), name.into()) {
                let error = AwsError::query_log_of_same_kind(self.model[vpc].id, kind, &other);
                self.refused(&path, &error);
                continue;
            }
            associated.push(vpc);
        }
        for vpc in &associated {
            self.log_queries_of(*vpc, QueryLogConfigIx(ix));
        }
        self.model.resolver_query_log_configs.push(ResolverQueryLogConfig {
            name: name.into(),
            id,
            destination,
            vpcs: associated,
        });
    }

    fn query_log_destination(
        &mut self,
        path: &At<'_>,
        spec: QueryLogDestinationSpec,
    ) -> Option<QueryLogDestination> {
        let QueryLogDestinationSpec { file, stdout, events } = spec;
        match (file, stdout, events) {
            (Some(file), None, None) => self.query_log_file(&path.key("file"), file),
            (None, Some(_), None) => Some(QueryLogDestination::Stdout),
            (None, None, Some(_)) => Some(QueryLogDestination::Events),
            (None, None, None) => {
                let message = "a query log without a destination: expected `file: { path: … }`, `stdout: {}` or \
                               `events: {}`";
                self.error(Finding::error(path, message).at_key().rule("R110"));
                None
            }
            _ => {
                let message = "a query log of several destinations: expected one of `file`, `stdout` and `events`";
                let help = "a VPC can be associated with a configuration for each of them";
                self.error(Finding::error(path, message).at_key().rule("R110").help(help));
                None
            }
        }
    }

    fn query_log_file(
        &mut self,
        path: &At<'_>,
        spec: QueryLogFileSpec,
    ) -> Option<QueryLogDestination> {
        let QueryLogFileSpec { path: file, max_bytes, keep } = spec;
        let max_bytes = max_bytes.unwrap_or(QUERY_LOG_FILE_BYTES);
        let keep = keep.unwrap_or(QUERY_LOG_FILES_KEPT);
        if file.is_empty() || file.ends_with('/') || file.contains('\0') {
            let shown = file.escape_debug();
            let message = format!("`{shown}` is not the path of a file");
            self.error(Finding::error(path.key("path"), message).rule("R110"));
            return None;
        }
        if max_bytes < MIN_FILE_BYTES {
            let message = format!("`max_bytes` of {max_bytes}: expected at least {MIN_FILE_BYTES}");
            self.error(Finding::error(path.key("max_bytes"), message).rule("R110"));
        }
        if keep > MAX_FILES_KEPT {
            let message = format!("`keep` of {keep}: expected at most {MAX_FILES_KEPT}");
            self.error(Finding::error(path.key("keep"), message).rule("R110"));
        }
        let file = QueryLogFile { path: file.into(), max_bytes, keep };
        let same = self.model.resolver_query_log_configs.iter().find(|other| {
            matches!(&other.destination, QueryLogDestination::File(other) if other.path == file.path)
        });
        if let Some(other) = same {
            let message = format!("`{}` logs to `{}` already", other.name, file.path.display());
            self.error(Finding::error(path.key("path"), message).rule("R110"));
        }
        Some(QueryLogDestination::File(file))
    }

    /// Query logging configurations of a Profile, by name or id. R104
    pub(super) fn profile_query_logs(
        &mut self,
        path: &At<'_>,
        configs: &[String],
    ) -> Vec<QueryLogConfigIx> {
        let mut found = Vec::with_capacity(configs.len());
        for (at, name) in configs.iter().enumerate() {
            let known = self.model.resolver_query_log_configs.iter();
            let meant = known
                .clone()
                .position(|config| *config.name == **name || config.id.to_string() == *name);
            if let Some(ix) = meant.and_then(|at| u16::try_from(at).ok()) {
                found.push(QueryLogConfigIx(ix));
                continue;
            }
            let known: Vec<Box<str>> = known.map(|config| config.name.clone()).collect();
            let path = path.item("resolver_query_log_configs", at);
            let names = known.iter().map(|name| &**name);
            self.unknown(&path, "query logging configuration", name, names);
        }
        found
    }

    /// Lets VPCs log where their Profiles say, those of the lowest priority first. R104
    pub(super) fn query_logs_of_profiles(&mut self) {
        let profiles = self.model.profiles.iter();
        let mut found: Vec<(u16, VpcIx, QueryLogConfigIx)> = profiles
            .flat_map(|profile| {
                profile.vpcs.iter().flat_map(|(vpc, priority)| {
                    let configs = profile.resolver_query_log_configs.iter();
                    configs.map(move |config| (*priority, *vpc, *config))
                })
            })
            .collect();
        found.sort();
        for (_, vpc, config) in found {
            self.log_queries_of(vpc, config);
        }
    }

    fn log_queries_of(&mut self, vpc: VpcIx, config: QueryLogConfigIx) {
        if let Some(vpc) = self.model.vpcs.get_mut(vpc.index())
            && !vpc.query_logs.contains(&config)
        {
            vpc.query_logs.push(config);
        }
    }
}
