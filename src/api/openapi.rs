//! The routes, and what they are described by at `/openapi.json`: one list for both, so that neither has what the other
//! lacks. Schemas come from the types that handlers read and write.

use std::collections::BTreeMap;

use axum::{
    Router,
    handler::Handler,
    routing::{MethodFilter, on},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{Api, problem::Details, topology::YAML};

/// The version of the specification of `OpenAPI`; its schemas are JSON Schema 2020-12, which schemars writes.
const OPENAPI: &str = "3.1.0";

/// Where schemas are put that have a name.
const SCHEMAS: &str = "/components/schemas";

const JSON: &str = "application/json";

/// Makes the schema of a type.
type Describe = fn(&mut SchemaGenerator) -> Schema;

/// A method of a path.
pub(super) struct Operation {
    method: MethodFilter,
    word: &'static str,
    /// As axum writes it; `{*id}` takes the slashes of a name in.
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    /// What the name in the path is.
    name: Option<&'static str>,
    query: Option<Describe>,
    body: Option<(&'static str, Describe)>,
    reply: (&'static str, Describe),
    /// The problems that it may answer with besides those of every operation.
    problems: &'static [u16],
    /// Whether the reply has an `ETag`, and whether the request may have an `If-Match`.
    tagged: bool,
    conditional: bool,
    /// Whether a reader may say where it goes on.
    resumable: bool,
}

impl Operation {
    fn new(
        (method, word): (MethodFilter, &'static str),
        path: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            word,
            path,
            id,
            summary,
            name: None,
            query: None,
            body: None,
            reply: ("text/plain; charset=utf-8", |_| json_text()),
            problems: &[],
            tagged: false,
            conditional: false,
            resumable: false,
        }
    }

    pub(super) fn get(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new((MethodFilter::GET, "get"), path, id, summary)
    }

    pub(super) fn put(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new((MethodFilter::PUT, "put"), path, id, summary).changing()
    }

    pub(super) fn patch(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new((MethodFilter::PATCH, "patch"), path, id, summary).changing()
    }

    pub(super) fn post(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new((MethodFilter::POST, "post"), path, id, summary)
    }

    fn changing(self) -> Self {
        Self { conditional: true, ..self }
    }

    /// The path has a name in it.
    pub(super) fn named(self, what: &'static str) -> Self {
        Self { name: Some(what), ..self }
    }

    /// Its URL may have a query.
    pub(super) fn query<T: JsonSchema>(self) -> Self {
        Self { query: Some(inline::<T>), ..self }
    }

    /// It takes JSON.
    pub(super) fn takes<T: JsonSchema>(self) -> Self {
        Self { body: Some((JSON, named::<T>)), ..self }
    }

    /// It takes a topology.
    pub(super) fn takes_topology(self) -> Self {
        Self { body: Some((YAML, topology)), ..self }
    }

    /// It replies with a topology.
    pub(super) fn replies_topology(self) -> Self {
        Self { reply: (YAML, topology), ..self }
    }

    /// It replies with JSON.
    pub(super) fn replies<T: JsonSchema>(self) -> Self {
        Self { reply: (JSON, named::<T>), ..self }
    }

    /// It replies with a text.
    pub(super) fn replies_text(self, media: &'static str) -> Self {
        Self { reply: (media, |_| json_text()), ..self }
    }

    /// It replies with server-sent events that have such data.
    pub(super) fn replies_events<T: JsonSchema>(self) -> Self {
        let describe: Describe = |generator| {
            let data = generator.subschema_for::<T>();
            let mut schema = json_text();
            schema.insert("contentMediaType".to_owned(), JSON.into());
            schema.insert("contentSchema".to_owned(), data.to_value());
            schema
        };
        Self { reply: ("text/event-stream", describe), ..self }
    }

    /// A reader may say which event it had last.
    pub(super) fn last_event_id(self) -> Self {
        Self { resumable: true, ..self }
    }

    /// The reply has an `ETag`.
    pub(super) fn tagged(self) -> Self {
        Self { tagged: true, ..self }
    }

    /// It may answer with these problems.
    pub(super) fn fails(self, problems: &'static [u16]) -> Self {
        Self { problems, ..self }
    }
}

fn named<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn inline<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

/// The schema of a topology: what its YAML means.
fn topology(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({
        "type": "object",
        "description": "A topology file; `plustwo schema` prints its own schema.",
    })
}

/// The schema of a text.
fn json_text() -> Schema {
    schemars::json_schema!({ "type": "string" })
}

/// Routes and their description.
pub(super) struct Routes {
    router: Router<Api>,
    paths: BTreeMap<String, Map<String, Value>>,
    /// Of what is read, and of what is written: a key with a default may be absent in the one and not in the other.
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Routes {
    pub(super) fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = SCHEMAS.into();
                settings.meta_schema = None;
            })
        };
        Self {
            router: Router::new(),
            paths: BTreeMap::new(),
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }

    /// Adds a route.
    pub(super) fn route<T: 'static>(
        mut self,
        operation: &Operation,
        handler: impl Handler<T, Api>,
    ) -> Self {
        self.router = self.router.route(operation.path, on(operation.method, handler));
        let described = self.describe(operation);
        let path = operation.path.replace("{*", "{");
        self.paths.entry(path).or_default().insert(operation.word.to_owned(), described);
        self
    }

    /// The routes, and the document.
    pub(super) fn finish(mut self) -> (Router<Api>, Value) {
        _ = self.written.subschema_for::<Details>();
        let mut schemas = Map::new();
        schemas.extend(self.read.take_definitions(true));
        schemas.extend(self.written.take_definitions(true));
        schemas.sort_keys();
        let document = json!({
            "openapi": OPENAPI,
            "info": {
                "title": "plustwo",
                "summary": "HTTP control of an emulator of the VPC+2 resolver and of interface endpoints.",
                "version": env!("CARGO_PKG_VERSION"),
                "license": { "name": "MIT OR Apache-2.0" },
            },
            "security": [{}, { "token": [] }],
            "paths": self.paths,
            "components": {
                "securitySchemes": {
                    "token": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "Required off loopback, and wherever `serve --api-token` gives one.",
                    },
                },
                "headers": {
                    "ETag": {
                        "description": "The generation that the reply shows.",
                        "required": true,
                        "schema": { "type": "string" },
                    },
                },
                "schemas": schemas,
            },
        });
        (self.router, document)
    }

    fn describe(&mut self, operation: &Operation) -> Value {
        let Operation { id, summary, reply: (media, reply), tagged, .. } = operation;
        let mut replies = Map::new();
        let mut done = json!({
            "description": "Done.",
            "content": { (*media): { "schema": reply(&mut self.written) } },
        });
        if *tagged {
            done["headers"] = json!({ "ETag": { "$ref": "#/components/headers/ETag" } });
        }
        replies.insert("200".to_owned(), done);
        let conditional: &[u16] = if operation.conditional { &[412] } else { &[] };
        let body: &[u16] = match operation.body {
            None => &[],
            Some((JSON, _)) => &[400, 408, 413, 415],
            Some(_) => &[400, 408, 413],
        };
        let name: &[u16] = if operation.name.is_some() { &[400, 404] } else { &[] };
        let of_all = &[401, 403, 503];
        let statuses = [operation.problems, conditional, body, name, of_all].concat();
        for status in statuses {
            replies.insert(status.to_string(), problem(status));
        }
        replies.sort_keys();
        let mut described = json!({
            "operationId": id,
            "summary": summary,
            "responses": replies,
        });
        let parameters = self.parameters(operation);
        if !parameters.is_empty() {
            described["parameters"] = parameters.into();
        }
        if let Some((media, body)) = operation.body {
            let content = json!({ (media): { "schema": body(&mut self.read) } });
            described["requestBody"] = json!({ "required": true, "content": content });
        }
        described
    }

    fn parameters(&mut self, operation: &Operation) -> Vec<Value> {
        let mut parameters = Vec::new();
        let parameter = |name: &str, place, description: &str, required: bool, schema: Value| {
            json!({
                "name": name, "in": place, "description": description, "required": required, "schema": schema,
            })
        };
        if let Some(what) = operation.name {
            let name = operation.path.split(['{', '}']).nth(1).unwrap_or_default();
            let schema = json!({ "type": "string", "minLength": 1 });
            parameters.push(parameter(name.trim_start_matches('*'), "path", what, true, schema));
        }
        if let Some(query) = operation.query {
            let schema = query(&mut self.read).to_value();
            for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
                let description = schema["description"].as_str().unwrap_or_default();
                parameters.push(parameter(name, "query", description, false, schema.clone()));
            }
        }
        if operation.conditional {
            let what = "The `ETag` of what was looked at: the change is refused if something has changed since.";
            parameters.push(parameter(
                "If-Match",
                "header",
                what,
                false,
                json!({ "type": "string" }),
            ));
        }
        if operation.resumable {
            let what = "The id of the event after which to go on, or an `ETag` without its quotes.";
            let schema = json!({ "type": "string" });
            parameters.push(parameter("Last-Event-ID", "header", what, false, schema));
        }
        parameters
    }
}

/// A problem of a status.
fn problem(status: u16) -> Value {
    let description = match status {
        400 => "It is not understood, or AWS would refuse it.",
        401 => "There is no bearer token, or another one.",
        403 => "A foreign `Host` or `Origin`.",
        404 => "There is no such thing.",
        408 => "The body took too long.",
        409 => "It cannot be done as things are.",
        412 => "Something has changed since.",
        413 => "The body is too large.",
        415 => "The body is not said to be JSON.",
        422 => "A topology with mistakes, each of which is in `errors`.",
        _ => "Too many calls at once.",
    };
    json!({
        "description": description,
        "content": {
            "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
        },
    })
}
