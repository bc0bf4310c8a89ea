//! What a request from a vantage, through an endpoint or not, says of itself. N56, N255

use std::net::IpAddr;

use thiserror::Error;

use super::{
    Identity, Request, RequestContext, Requester, date, lint::may_be_for, value::ValueType,
};
use crate::{
    catalog::Service,
    model::{
        EndpointIx, GatewayEndpoint, InterfaceEndpoint, Model, PolicyDocument, S3Bucket, Vantage,
        VpcEndpointId, VpcIx,
    },
};

/// Longest action or ARN of a request, in characters.
/// Source: the IAM API takes ARNs of up to 2,048 characters.
const MAX_CHARACTERS: usize = 2048;

/// The endpoint that a request goes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Through {
    /// An endpoint with network interfaces.
    Interface(EndpointIx),
    /// A gateway endpoint: its VPC, and its name there.
    Gateway(VpcIx, Box<str>),
}

/// A request as a person describes it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where it comes from.
    pub vantage: Vantage,
    /// The endpoint that it goes through, if it goes through one.
    pub through: Option<Through>,
    /// The address that it is seen from, where its way is known; else the vantage says. N255
    pub source: Option<IpAddr>,
    /// Who makes it.
    pub requester: Requester,
    /// The action.
    pub action: String,
    /// The ARN of the resource.
    pub resource: String,
    /// What the requester's own policies say.
    pub identity: Identity,
    /// When it is made, in seconds since 1970.
    pub at_unix_secs: u64,
    /// Condition keys in addition to, and in place of, those that follow from the rest.
    pub context: RequestContext,
}

/// Why there is no such request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unfit {
    /// A gateway endpoint is for its own VPC. N53
    #[error("a gateway endpoint is for requests from its own VPC alone (N53)")]
    OtherVpc,
    /// The internet is on no side of an endpoint.
    #[error("requests from the internet go through no endpoint of a VPC (N75)")]
    Internet,
    /// The action is one of another service's.
    #[error("the endpoint is for `{service}`, which has no action `{action}`")]
    OtherService {
        /// The endpoint's service.
        service: String,
        /// The action.
        action: String,
    },
    /// Not `service:Name`.
    #[error("`{0}` is no action: expected a service and a name, such as `s3:GetObject`")]
    NotAnAction(String),
    /// Not an ARN.
    #[error("`{0}` is no ARN: expected one such as `arn:aws:s3:::bucket/key`")]
    NotAnArn(String),
    /// Not what the values of a condition key are.
    #[error("`{value}` is no value of `{key}`: expected {expected} (N255)")]
    NotAValue {
        /// The key, as it was given.
        key: String,
        /// The value.
        value: String,
        /// What its values are.
        expected: &'static str,
    },
}

/// What is known of an endpoint that a request goes through.
pub(super) struct Endpoint<'m> {
    pub(super) gateway: bool,
    pub(super) service: &'m Service,
    pub(super) policy: Option<&'m PolicyDocument>,
    id: VpcEndpointId,
    vpc: VpcIx,
}

impl Through {
    pub(super) fn endpoint<'m>(&self, model: &'m Model) -> Option<Endpoint<'m>> {
        match self {
            Self::Interface(ix) => {
                let InterfaceEndpoint { id, vpc, service, policy, .. } = &model[*ix];
                Some(Endpoint {
                    gateway: false,
                    service: &model[*service],
                    policy: policy.as_deref(),
                    id: *id,
                    vpc: *vpc,
                })
            }
            Self::Gateway(vpc, name) => {
                let GatewayEndpoint { id, service, policy, .. } =
                    model[*vpc].gateway_endpoints.get(name)?;
                Some(Endpoint {
                    gateway: true,
                    service: &model[*service],
                    policy: policy.as_deref(),
                    id: *id,
                    vpc: *vpc,
                })
            }
        }
    }
}

impl Asked {
    /// Whether there can be such a request.
    ///
    /// # Errors
    /// Why there cannot.
    pub fn check(&self, model: &Model) -> Result<(), Unfit> {
        let Self { vantage, through, action, resource, .. } = self;
        let fits = |text: &str| text.chars().count() <= MAX_CHARACTERS;
        let named = |(service, name): (&str, &str)| {
            !service.is_empty() && !name.is_empty() && !action.contains(['*', '?'])
        };
        if !fits(action) || !action.split_once(':').is_some_and(named) {
            return Err(Unfit::NotAnAction(action.chars().take(100).collect()));
        }
        let is_arn = resource.starts_with("arn:") && resource.splitn(6, ':').count() == 6;
        // an action such as s3:ListAllMyBuckets has no resource
        if !fits(resource) || !(is_arn || resource == "*") {
            return Err(Unfit::NotAnArn(resource.chars().take(100).collect()));
        }
        self.check_values()?;
        let Some(endpoint) = through.as_ref().and_then(|through| through.endpoint(model)) else {
            return Ok(());
        };
        match vantage {
            Vantage::Internet => return Err(Unfit::Internet),
            Vantage::Vpc(place) if endpoint.gateway && place.vpc != endpoint.vpc => {
                return Err(Unfit::OtherVpc);
            }
            Vantage::Vpc(_) => {}
        }
        if !may_be_for(&endpoint.service.id, action) {
            let service = endpoint.service.id.to_string();
            return Err(Unfit::OtherService { service, action: action.clone() });
        }
        Ok(())
    }

    /// Whether the condition keys that are given have values of theirs. N255
    fn check_values(&self) -> Result<(), Unfit> {
        for (key, values) in self.context.iter() {
            let Some(of) = ValueType::of(key) else { continue };
            if let Some(wrong) = values.iter().find(|value| !of.takes(value)) {
                let value = wrong.chars().take(100).collect();
                return Err(Unfit::NotAValue {
                    key: key.to_owned(),
                    value,
                    expected: of.expected(),
                });
            }
        }
        Ok(())
    }

    /// Whether such a request has no such key in AWS either. Of other keys that it lacks, nobody has said what they are. N255
    #[must_use]
    pub fn cannot_have(&self, key: &str) -> bool {
        let key = key.to_lowercase();
        match &*key {
            "aws:principalarn"
            | "aws:principalaccount"
            | "aws:principaltype"
            | "aws:principalservicename"
            | "aws:username" => true,
            "aws:sourceip" => self.through.is_some(),
            "aws:sourcevpc" | "aws:sourcevpcarn" | "aws:sourcevpce" | "aws:vpcsourceip"
            | "aws:vpceaccount" | "aws:vpceorgid" | "aws:vpceorgpaths" => self.through.is_none(),
            // nobody, and no service of AWS's, is of an organization or has tags
            _ => self.requester.account().is_none() && key.starts_with("aws:principal"),
        }
    }
}

/// The bucket that an ARN is of, if the topology has it.
pub(super) fn bucket_of<'m>(model: &'m Model, arn: &str) -> Option<&'m S3Bucket> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "s3", "", "", resource] = parts[..] else { return None };
    let name = resource.split('/').next()?;
    model.s3_buckets.iter().find(|bucket| *bucket.name == *name)
}

/// The request, with all that is known of it. N255
#[must_use]
pub fn request(model: &Model, asked: &Asked) -> Request {
    let Asked { vantage, through, requester, action, resource, at_unix_secs, context, .. } = asked;
    let endpoint = through.as_ref().and_then(|through| through.endpoint(model));
    let mut known = RequestContext::default();
    let (private, public) = match asked.source {
        Some(source) => (Some(source), Some(source)),
        None => addresses(model, *vantage),
    };
    if let Some(endpoint) = &endpoint {
        known.add("aws:SourceVpc", model[endpoint.vpc].id.to_string());
        known.add("aws:SourceVpce", endpoint.id.to_string());
        if let Some(private) = private {
            known.add("aws:VpcSourceIp", private.to_string());
        }
    } else if let Some(public) = public {
        known.add("aws:SourceIp", public.to_string());
    }
    let service = matches!(requester, Requester::Service(_));
    for (key, value) in [
        ("aws:PrincipalArn", requester.principal_arn()),
        ("aws:PrincipalAccount", requester.account().map(ToOwned::to_owned)),
        ("aws:PrincipalType", requester.kind().map(ToOwned::to_owned)),
        ("aws:PrincipalServiceName", service.then(|| requester.to_string())),
        ("aws:PrincipalIsAWSService", Some(service.to_string())),
        ("aws:username", requester.username().map(ToOwned::to_owned)),
        ("aws:ResourceAccount", resource_account(model, resource)),
        ("aws:RequestedRegion", Some(region(model, *vantage, endpoint.as_ref(), resource))),
        ("aws:SecureTransport", Some("true".to_owned())),
        ("aws:ViaAWSService", Some("false".to_owned())),
    ] {
        if let Some(value) = value {
            known.add(key, value);
        }
    }
    let at = match context.get("aws:CurrentTime") {
        Some([given]) => date::nanos(given).map(|nanos| nanos / 1_000_000_000),
        _ => Some(i128::from(*at_unix_secs)),
    };
    if let Some(at) = at {
        known.add("aws:EpochTime", at.to_string());
    }
    if let Some(now) = date::iso8601(*at_unix_secs) {
        known.add("aws:CurrentTime", now);
    }
    known.replace_by(context.clone());
    Request {
        requester: requester.clone(),
        action: action.clone(),
        resource: resource.clone(),
        context: known,
    }
}

/// The private and public address of who asks, where the vantage is an instance.
fn addresses(model: &Model, vantage: Vantage) -> (Option<IpAddr>, Option<IpAddr>) {
    let Vantage::Vpc(place) = vantage else { return (None, None) };
    let Some(instance) = place.instance.map(|ix| &model[ix]) else { return (None, None) };
    let private = instance.private_ip.map(IpAddr::from);
    let private = private.or(instance.ipv6_address.map(IpAddr::from));
    (private, instance.public_ip.map(IpAddr::from))
}

/// The account of a resource: of a bucket by the topology, of others by their ARN.
pub(super) fn resource_account(model: &Model, arn: &str) -> Option<String> {
    if let Some(bucket) = bucket_of(model, arn) {
        return Some(bucket.account_id.to_string());
    }
    let account = arn.split(':').nth(4).filter(|account| !account.is_empty())?;
    Some(account.to_owned())
}

/// The Region that a request is made to.
fn region(model: &Model, vantage: Vantage, endpoint: Option<&Endpoint<'_>>, arn: &str) -> String {
    let of_vantage = match vantage {
        Vantage::Internet => model.region,
        Vantage::Vpc(place) => model[place.vpc].region,
    };
    let of_bucket = bucket_of(model, arn).map(|bucket| bucket.region);
    let of_endpoint = endpoint.map(|endpoint| endpoint.service.region);
    of_bucket.or(of_endpoint).unwrap_or(of_vantage).as_str().to_owned()
}
