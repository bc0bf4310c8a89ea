//! plustwo: your VPC's `.2` resolver, on your laptop.
//!
//! A map of the rooms, from the core outwards; `tests/layers.rs` holds who may use whom.
//!
//! | room | what it is |
//! |---|---|
//! | [`catalog`] | AWS's own facts: services, partitions, Regions, hosted-zone ids |
//! | [`model`] | what exists: VPCs, subnets, endpoints, hosted zones; immutable and valid |
//! | [`names`] | DNS names of endpoints, both ways |
//! | [`health`] | what is impaired, in fact and as DNS has noticed |
//! | [`view`] | which zone owns a QNAME for whom; compiled once per model |
//! | [`answer`] | (view, health, question) → answer, with its reasons, or as the octets of a reply |
//! | [`trace`] | (network, health, flow) → the way of a packet and of its reply, and what decided |
//! | [`policy`] | endpoint policy, bucket policy and a request → allowed or denied, and by which statement |
//! | [`flowlog`] | packets at network interfaces → Flow Log records, and their forms |
//! | [`zonefile`], [`config`] | files → model |
//! | [`import`] | dumps of real VPCs and states of Terraform's → topology |
//! | [`render`] | answers and models → text and JSON |
//! | [`delivery`] | Flow Log records → folders, buckets, log groups |
//! | [`sys`] | system calls, and all that is `unsafe` |
//! | [`state`] | what holds at this moment: the only mutable place |
//! | [`server`], [`api`], [`cli`] | the doors: DNS, HTTP, the command line |

pub mod answer;
pub mod api;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod delivery;
pub mod flowlog;
pub mod health;
pub mod import;
pub mod model;
pub mod names;
pub mod policy;
pub mod render;
pub mod server;
pub mod state;
pub mod sys;
pub mod trace;
pub mod view;
pub mod zonefile;
