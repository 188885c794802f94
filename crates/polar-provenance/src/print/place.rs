//! Where an image runs: by cluster, namespace and workload.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use polar_query::{How, PlaceInstance, Places, WorkloadPlace};
use termtree::Tree;

use super::words::{number, second, short};

/// Pods that are named; of more, the rest is counted.
const NAMED: usize = 5;

/// Prints where an image runs.
pub(crate) fn places(out: &mut impl Write, places: &Places) -> io::Result<()> {
    let at = places.at.map(|at| format!(" at {}", second(at)));
    let at = at.unwrap_or_default();
    let target = &places.target;
    match (places.pods, places.likely_pods) {
        (0, 0) => return writeln!(out, "{target} is known to run nowhere{at}"),
        (pods, 0) => writeln!(out, "{target} runs in {}{at}", number(pods, "pod"))?,
        (pods, likely) => writeln!(
            out,
            "{target} runs in {}{at}, and likely in {likely} more",
            number(pods, "pod")
        )?,
    }
    let mut clusters: BTreeMap<&str, BTreeMap<&str, Vec<&WorkloadPlace>>> = BTreeMap::new();
    for place in &places.workloads {
        let namespaces = clusters.entry(&place.workload.cluster).or_default();
        let of = namespaces.entry(&place.workload.namespace).or_default();
        of.push(place);
    }
    for (cluster, namespaces) in clusters {
        let leaves = namespaces.into_iter().map(|(namespace, places)| {
            Tree::new(namespace.to_owned()).with_leaves(places.into_iter().map(workload))
        });
        let tree = Tree::new(cluster.to_owned()).with_leaves(leaves);
        write!(out, "\n{tree}")?;
    }
    Ok(())
}

fn workload(place: &WorkloadPlace) -> Tree<String> {
    let root = format!(
        "{}/{}  {}",
        place.workload.kind,
        place.workload.name,
        number(place.pods, "pod")
    );
    // One that is known only likely, or by another name, is not hidden behind others.
    let mut told: Vec<&PlaceInstance> = place.instances.iter().collect();
    told.sort_by_key(|one| std::cmp::Reverse(one.how));
    let mut tree = Tree::new(root).with_leaves(told.iter().take(NAMED).map(|one| instance(one)));
    if told.len() > NAMED {
        tree.push(Tree::new(format!("and {} more", told.len() - NAMED)));
    }
    tree
}

fn instance(one: &PlaceInstance) -> String {
    let of = &one.instance;
    let mut line = format!("{} container {}", of.pod, of.container);
    if let Some(node) = &of.node {
        line += &format!(" on {node}");
    }
    if let Some(since) = of.since {
        line += &format!(" since {}", second(since));
    }
    if let Some(digest) = &of.digest {
        line += &format!("  {}", short(digest));
    }
    match one.how {
        How::Runs => {}
        How::SameBytes => line += &format!("  [the same bytes as {}]", of.image),
        How::Likely => line += &format!("  [likely: it names {}]", of.image),
    }
    line
}
