//! Resources of a state, whichever form it has. N330

use serde_json::{Map, Value, json};

use crate::import::{dump::Attributes as _, region_in};

/// One instance of a resource or data source.
pub(super) struct Resource {
    /// As Terraform prints it: `module.net.aws_subnet.private["a"]`.
    pub(super) address: String,
    /// Its type.
    pub(super) kind: String,
    /// Whether Terraform only looks at it.
    pub(super) is_data: bool,
    /// Its attributes.
    pub(super) values: Value,
}

impl Resource {
    /// Some attributes under AWS's names.
    pub(super) fn shape(&self, names: &[(&str, &str)]) -> Map<String, Value> {
        shape(&self.values, names)
    }

    /// What blocks of a name hold: a list of mappings, or one.
    pub(super) fn blocks(&self, key: &str) -> &[Value] {
        blocks(&self.values, key)
    }

    /// The first block of a name.
    pub(super) fn block(&self, key: &str) -> Option<&Value> {
        self.blocks(key).first()
    }

    /// The Region: of the resource, or in its ARN.
    pub(super) fn region(&self) -> Option<&'static str> {
        let of = ["region", "arn", "availability_zone", "service_name"];
        of.into_iter().filter_map(|key| self.values.text(key)).find_map(region_in)
    }
}

/// What blocks of a name hold.
pub(super) fn blocks<'a>(values: &'a Value, key: &str) -> &'a [Value] {
    match values.get(key) {
        Some(Value::Array(blocks)) => blocks,
        Some(block @ Value::Object(_)) => std::slice::from_ref(block),
        _ => &[],
    }
}

/// Some attributes under AWS's names; what is empty is left out.
pub(super) fn shape(values: &Value, names: &[(&str, &str)]) -> Map<String, Value> {
    let found = names.iter().filter_map(|(theirs, ours)| {
        let value = values.get(*ours)?;
        let empty = value.is_null() || value.as_str().is_some_and(str::is_empty);
        (!empty).then(|| ((*theirs).to_owned(), value.clone()))
    });
    let mut shaped: Map<String, Value> = found.collect();
    if let Some(tags) = values.get("tags").filter(|tags| tags.is_object()) {
        shaped.insert("Tags".into(), tags.clone());
    }
    shaped
}

/// All resources of a document; what it is instead of a state.
pub(super) fn resources(mut document: Value) -> Result<Vec<Resource>, String> {
    if document.get("planned_values").is_some() {
        return Err("it is a plan, in which ids are not known yet".to_owned());
    }
    if document.get("format_version").is_some() {
        let root = document.get_mut("values").and_then(|values| values.get_mut("root_module"));
        let root = root.map(Value::take).unwrap_or_default();
        return Ok(shown(root));
    }
    match document.number("version") {
        Some(4) => Ok(stored(&document)),
        Some(other @ ..4) => {
            Err(format!("it is of version {other}, which Terraform 0.11 and older write"))
        }
        Some(other) => Err(format!("it is of version {other}")),
        None => Err("it has neither `format_version` nor `version`".to_owned()),
    }
}

/// The form of `terraform show -json`: modules in modules.
fn shown(root: Value) -> Vec<Resource> {
    let mut found = Vec::new();
    let mut modules = vec![root];
    while let Some(mut module) = modules.pop() {
        if let Some(Value::Array(inner)) = module.get_mut("child_modules").map(Value::take) {
            modules.extend(inner.into_iter().rev());
        }
        let Some(Value::Array(resources)) = module.get_mut("resources").map(Value::take) else {
            continue;
        };
        for mut resource in resources {
            let Some(kind) = resource.text("type").map(str::to_owned) else { continue };
            let is_data = resource.text("mode") == Some("data");
            let address = resource.text("address").unwrap_or(&kind).to_owned();
            let values = resource.get_mut("values").map(Value::take).unwrap_or_default();
            found.push(Resource { address, kind, is_data, values });
        }
    }
    found
}

/// The form that states are stored in.
fn stored(document: &Value) -> Vec<Resource> {
    let mut found = Vec::new();
    for resource in document.list("resources") {
        let Some(kind) = resource.text("type") else { continue };
        let is_data = resource.text("mode") == Some("data");
        let name = resource.text("name").unwrap_or_default();
        let module = resource.text("module").map(|module| format!("{module}.")).unwrap_or_default();
        let data = if is_data { "data." } else { "" };
        for instance in resource.list("instances") {
            // it waits for its end
            if instance.text("deposed").is_some() {
                continue;
            }
            let index = match instance.get("index_key") {
                Some(Value::String(key)) => format!("[{}]", json!(key)),
                Some(Value::Number(at)) => format!("[{at}]"),
                _ => String::new(),
            };
            let address = format!("{module}{data}{kind}.{name}{index}");
            let values = instance.get("attributes").cloned().unwrap_or_default();
            found.push(Resource { address, kind: kind.to_owned(), is_data, values });
        }
    }
    found
}
