//! `plustwo endpoint`: endpoints of a running server.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{Failure, Output, Verdict, client::Server, print, print_json};

/// List and change endpoints of a running server
#[derive(Debug, Args)]
pub(super) struct Endpoint {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the endpoints
    List {
        #[command(flatten)]
        server: Server,
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Change an endpoint
    Set {
        /// `vpc/name`, or its id
        name: String,
        /// Whether the service's own names resolve to it
        #[arg(long, value_enum)]
        private_dns: Switch,
        #[command(flatten)]
        server: Server,
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Accept an endpoint, as the owner of its service
    Accept(Decision),
    /// Reject an endpoint, as the owner of its service
    Reject(Decision),
}

/// Which endpoint the owner of its service decides on
#[derive(Debug, Args)]
struct Decision {
    /// `vpc/name`, or its id
    name: String,
    #[command(flatten)]
    server: Server,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Decision {
    /// Puts the endpoint into a state. R129
    fn send(self, state: &str) -> Result<(Value, Output), Failure> {
        let Self { name, server, output } = self;
        let body = json!({ "state": state });
        Ok((server.patch("/v1/vpc-endpoints", &name, &body)?, output))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

impl Endpoint {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let (found, output) = match self.action {
            Action::List { server, output } => (server.get("/v1/vpc-endpoints")?, output),
            Action::Set { name, private_dns, server, output } => {
                let body = json!({ "private_dns_enabled": private_dns == Switch::On });
                (server.patch("/v1/vpc-endpoints", &name, &body)?, output)
            }
            Action::Accept(decision) => decision.send("available")?,
            Action::Reject(decision) => decision.send("rejected")?,
        };
        match output {
            Output::Json => print_json(&found)?,
            Output::Text => {
                let list = found.get("VpcEndpoints").and_then(Value::as_array);
                let lines: String = list
                    .map_or_else(|| vec![&found], |list| list.iter().collect())
                    .into_iter()
                    .map(line)
                    .collect();
                print(&lines)?;
            }
        }
        Ok(Verdict::Yes)
    }
}

/// An endpoint on a line.
fn line(endpoint: &Value) -> String {
    let text = |key: &str| endpoint.get(key).and_then(Value::as_str).unwrap_or("?");
    let name = endpoint.pointer("/Tags/0/Value").and_then(Value::as_str).unwrap_or("?");
    let private_dns = match endpoint.get("PrivateDnsEnabled").and_then(Value::as_bool) {
        Some(true) => "on",
        _ => "off",
    };
    let service = ["ServiceName", "ResourceConfigurationArn", "ServiceNetworkArn"];
    let service = service.iter().find_map(|key| endpoint.get(key)?.as_str()).unwrap_or("?");
    let subnets = endpoint.get("SubnetIds").and_then(Value::as_array).map_or(0, Vec::len);
    format!(
        "{name} {} {} {} {}, {subnets} subnets, private DNS {private_dns}\n",
        text("VpcEndpointId"),
        text("VpcEndpointType"),
        service,
        text("State"),
    )
}
