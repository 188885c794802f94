//! A part of the graph for other programs: Cypher and GraphML.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use polar_graph::literal;
use polar_model::Value;
use polar_query::{SubEdge, SubNode, Subgraph};

/// One statement that creates all of it in an empty graph, or nothing.
pub(crate) fn cypher(out: &mut impl Write, part: &Subgraph) -> io::Result<()> {
    for (place, node) in part.nodes.iter().enumerate() {
        let begin = if place == 0 { "CREATE\n" } else { ",\n" };
        let properties = literal(&Value::Map(node.properties.clone()));
        write!(out, "{begin}  (n{place}:{} {properties})", node.label)?;
    }
    for edge in &part.edges {
        let SubEdge { from, to, kind, .. } = edge;
        let properties = match edge.properties.is_empty() {
            true => String::new(),
            false => format!(" {}", literal(&Value::Map(edge.properties.clone()))),
        };
        write!(out, ",\n  (n{from})-[:`{kind}`{properties}]->(n{to})")?;
    }
    if part.nodes.is_empty() {
        return Ok(());
    }
    writeln!(out, ";")
}

/// GraphML: a node's label and an edge's type are `labels` and `label`, as Neo4j's tools have it.
pub(crate) fn graphml(out: &mut impl Write, part: &Subgraph) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<graphml xmlns="http://graphml.graphdrawing.org/xmlns">"#
    )?;
    writeln!(
        out,
        r#"  <key id="labels" for="node" attr.name="labels" attr.type="string"/>"#
    )?;
    writeln!(
        out,
        r#"  <key id="label" for="edge" attr.name="label" attr.type="string"/>"#
    )?;
    let of_nodes = part.nodes.iter().flat_map(|node| &node.properties);
    let of_edges = part.edges.iter().flat_map(|edge| &edge.properties);
    keys(out, "node", of_nodes)?;
    keys(out, "edge", of_edges)?;
    writeln!(out, r#"  <graph id="G" edgedefault="directed">"#)?;
    for (place, node) in part.nodes.iter().enumerate() {
        node_element(out, place, node)?;
    }
    for (place, edge) in part.edges.iter().enumerate() {
        edge_element(out, place, edge)?;
    }
    writeln!(out, "  </graph>\n</graphml>")
}

/// Declares each property with its type.
fn keys<'a>(
    out: &mut impl Write,
    of: &str,
    properties: impl Iterator<Item = (&'a String, &'a Value)>,
) -> io::Result<()> {
    let all: BTreeSet<_> = properties
        .map(|(name, value)| (name, kind(value)))
        .collect();
    for (name, kind) in all {
        let (id, name) = (id(of, name, kind), escaped(name));
        writeln!(
            out,
            r#"  <key id="{id}" for="{of}" attr.name="{name}" attr.type="{kind}"/>"#
        )?;
    }
    Ok(())
}

fn id(of: &str, name: &str, kind: &str) -> String {
    format!("{of}-{}-{kind}", escaped(name))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "boolean",
        Value::Int(_) => "long",
        Value::Float(_) => "double",
        _ => "string",
    }
}

fn node_element(out: &mut impl Write, place: usize, node: &SubNode) -> io::Result<()> {
    writeln!(out, r#"    <node id="n{place}">"#)?;
    writeln!(out, r#"      <data key="labels">:{}</data>"#, node.label)?;
    data(out, "node", &node.properties)?;
    writeln!(out, "    </node>")
}

fn edge_element(out: &mut impl Write, place: usize, edge: &SubEdge) -> io::Result<()> {
    let SubEdge { from, to, kind, .. } = edge;
    writeln!(
        out,
        r#"    <edge id="e{place}" source="n{from}" target="n{to}">"#
    )?;
    writeln!(out, r#"      <data key="label">{}</data>"#, escaped(kind))?;
    data(out, "edge", &edge.properties)?;
    writeln!(out, "    </edge>")
}

fn data<'a>(
    out: &mut impl Write,
    of: &str,
    properties: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> io::Result<()> {
    for (name, value) in properties {
        let id = id(of, name, kind(value));
        let text = match value {
            Value::String(text) => text.clone(),
            Value::DateTime(at) => at.to_string(),
            other => other.to_json().to_string(),
        };
        writeln!(out, r#"      <data key="{id}">{}</data>"#, escaped(&text))?;
    }
    Ok(())
}

/// Text in XML. A character that XML cannot hold is replaced.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\r' | '\t' => out.push_str(&format!("&#{};", u32::from(c))),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_xml() {
        assert_eq!(
            escaped("a<b> & \"c\"\n\u{1}ä"),
            "a&lt;b&gt; &amp; &quot;c&quot;&#10;\u{fffd}ä"
        );
    }
}
