//! Which workloads a rendered chart holds. It reads lines, not YAML: where a document is written in
//! a way that it does not know for certain, its workload is left out.

use polar_model::WorkloadRef;

/// Kinds that are workloads, with their API groups.
const KINDS: [(&str, &str); 6] = [
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("apps", "ReplicaSet"),
    ("batch", "Job"),
    ("batch", "CronJob"),
];

/// What of a document matters.
#[derive(Default)]
struct Document<'a> {
    api_version: Field<'a>,
    kind: Field<'a>,
    name: Field<'a>,
    namespace: Field<'a>,
    /// Blocks `metadata:` so far.
    blocks: usize,
}

/// A plain value, once; twice is not certain.
#[derive(Default, Clone, Copy)]
enum Field<'a> {
    #[default]
    Missing,
    Once(&'a str),
    Unsure,
}

/// The workloads in `namespace` that a manifest has, each once, in its order.
pub(crate) fn workloads(manifest: &str, namespace: &str) -> Vec<WorkloadRef> {
    let mut found = Vec::new();
    let mut lines = manifest.lines().peekable();
    while lines.peek().is_some() {
        let document = lines.by_ref().take_while(|line| !is_separator(line));
        if let Some(workload) = Document::read(document).workload(namespace)
            && !found.contains(&workload)
        {
            found.push(workload);
        }
    }
    found
}

fn is_separator(line: &str) -> bool {
    let rest = line.strip_prefix("---");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r']))
}

impl<'a> Document<'a> {
    fn read(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut document = Self::default();
        // Indentation of the fields of the block `metadata:` that the line is in.
        let mut block: Option<Option<usize>> = None;
        for line in lines {
            let text = line.trim_start_matches(' ');
            let indent = line.len() - text.len();
            if text.trim().is_empty() || text.starts_with('#') {
                continue;
            }
            let Some((key, value)) = text.split_once(':') else {
                continue;
            };
            if indent == 0 {
                block = None;
                match key {
                    "apiVersion" => document.api_version.put(value),
                    "kind" => document.kind.put(value),
                    "metadata" => {
                        document.blocks += 1;
                        block = Some(None);
                    }
                    _ => {}
                }
            } else if let Some(fields) = &mut block {
                // The first line of a block says how far it is indented.
                if *fields.get_or_insert(indent) == indent {
                    match key {
                        "name" => document.name.put(value),
                        "namespace" => document.namespace.put(value),
                        _ => {}
                    }
                }
            }
        }
        document
    }

    fn workload(self, namespace: &str) -> Option<WorkloadRef> {
        let (Field::Once(api_version), Field::Once(kind), Field::Once(name)) =
            (self.api_version, self.kind, self.name)
        else {
            return None;
        };
        let is_here = match self.namespace {
            Field::Missing => true,
            Field::Once(name) => name == namespace,
            Field::Unsure => false,
        };
        let (group, _) = api_version.split_once('/')?;
        let is_workload = KINDS.contains(&(group, kind));
        (is_here && is_workload && self.blocks == 1).then(|| WorkloadRef {
            kind: kind.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl<'a> Field<'a> {
    fn put(&mut self, value: &'a str) {
        *self = match (*self, plain(value)) {
            (Self::Missing, Some(value)) => Self::Once(value),
            _ => Self::Unsure,
        };
    }
}

/// A value on one line, without quotes and comment.
fn plain(value: &str) -> Option<&str> {
    let value = value.strip_prefix(' ')?.trim();
    let value = value.split_once(" #").map_or(value, |(value, _)| value);
    let value = value.trim_end();
    let quoted = ['"', '\''].iter().find_map(|quote| {
        let inner = value.strip_prefix(*quote)?;
        inner.strip_suffix(*quote)
    });
    let value = quoted.unwrap_or(value);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '/');
    (!value.is_empty() && value.chars().all(is_plain)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(manifest: &str, wanted: &[&str]) {
        let found = workloads(manifest, "shop");
        let found: Vec<_> = found
            .iter()
            .map(|workload| format!("{}/{}", workload.kind, workload.name))
            .collect();
        assert_eq!(found, wanted, "{manifest}");
    }

    #[test]
    fn documents_of_charts() {
        let deployment = "---\n# Source: shop/templates/a.yaml\napiVersion: apps/v1\n\
            kind: Deployment # the app\nmetadata:\n  labels:\n    name: no\n    kind: Job\n  \
            name: \"checkout\"\nspec:\n  template:\n    metadata:\n      name: inner\n";
        check(deployment, &["Deployment/checkout"]);
        let job = "---\nkind: CronJob\nmetadata:\n    name: 'nightly'\n    namespace: shop\n\
            apiVersion: batch/v1\n";
        let service = "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: checkout\n";
        let all = format!("{deployment}{service}{job}{deployment}");
        check(&all, &["Deployment/checkout", "CronJob/nightly"]);
        check(
            &all.replace('\n', "\r\n"),
            &["Deployment/checkout", "CronJob/nightly"],
        );
    }

    #[test]
    fn what_is_not_certain_is_left_out() {
        let with = |metadata: &str| format!("apiVersion: apps/v1\nkind: Deployment\n{metadata}\n");
        check(&with("metadata:\n  name: a"), &["Deployment/a"]);
        for metadata in [
            "",
            "metadata: {name: a}",
            "metadata:\n  name: *anchor",
            "metadata:\n  name: >-\n    a",
            "metadata:\n  name: {{ a }}",
            "metadata:\n  name: a\n  name: b",
            "metadata:\n  name: a\nmetadata:\n  labels: {}",
            "metadata:\n  name: a\n  namespace: elsewhere",
            "kind: Job\nmetadata:\n  name: a",
        ] {
            check(&with(metadata), &[]);
        }
        check("{\"kind\": \"Deployment\"}", &[]);
        check(
            "apiVersion: acme.example/v1\nkind: Job\nmetadata:\n  name: a\n",
            &[],
        );
        check(":\n: :\n---\n---x\n\u{0}", &[]);
    }
}
