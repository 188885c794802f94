//! The answer to "where did this running image come from?" as a tree, each hop with its reason, and
//! what is missing in its place.

mod hops;

use std::io::{self, Write};

use polar_query::{Chain, Container, ImageHop, Tag, Trace};
use termtree::Tree;

use super::words::{second, short, unknown};

pub(crate) use hops::{build, built_from};

pub(crate) type Node = Tree<String>;

/// Prints a trace, chain by chain.
pub(crate) fn traced(out: &mut impl Write, trace: &Trace) -> io::Result<()> {
    if let Some(at) = trace.at {
        writeln!(
            out,
            "As of {}. Facts count by their own times, those without one always; links as known now.\n",
            second(at)
        )?;
    }
    if let Some(missing) = &trace.missing {
        writeln!(out, "{}", unknown(missing))?;
    }
    let trees: Vec<_> = trace.chains.iter().map(chain).collect();
    trees_apart(out, &trees)
}

/// Prints trees with an empty line between them.
pub(crate) fn trees_apart(out: &mut impl Write, trees: &[Node]) -> io::Result<()> {
    for (place, tree) in trees.iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        for line in tree.to_string().lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    Ok(())
}

fn chain(chain: &Chain) -> Node {
    let mut tree = head(chain);
    if !chain.containers.is_empty()
        && let Some(image) = &chain.written
    {
        tree.push(Tree::new(format!("{:<10} {image}", "image")));
    }
    if let Some(reference) = chain
        .reference
        .as_ref()
        .filter(|_| chain.reference != chain.written)
    {
        tree.push(Tree::new(format!("{:<10} {reference}", "reference")));
    }
    if let [container] = chain.containers.as_slice()
        && let Some(digest) = &container.digest
    {
        tree.push(Tree::new(format!("{:<10} {digest}", "digest")));
    }
    tree.extend(chain.tag.as_ref().map(|found| tag(found, chain)));
    tree.extend(
        chain
            .missing
            .as_ref()
            .map(|missing| Tree::new(unknown(missing))),
    );
    for (place, image) in chain.images.iter().enumerate() {
        let runs = !chain.containers.is_empty();
        tree.push(hops::image(image, runs, place == 0));
    }
    tree
}

/// What the chain begins with: its containers, or the image that was asked about.
fn head(chain: &Chain) -> Node {
    let Some(first) = chain.containers.first() else {
        return Tree::new(format!(
            "image {}",
            chain.written.as_deref().unwrap_or_default()
        ));
    };
    let place = |container: &Container| {
        format!(
            "{} in namespace {} of cluster {}",
            container.workload, container.namespace, container.cluster
        )
    };
    if let [container] = chain.containers.as_slice() {
        let name = format!("container {} of {}", container.container, pod(container));
        return Tree::new(name).with_leaves([place(container)]);
    }
    let count = chain.containers.len();
    let mut tree = Tree::new(format!("container {} of {count} pods", first.container));
    tree.push(Tree::new(place(first)));
    tree.extend(chain.containers.iter().map(|container| {
        let digest = container.digest.as_deref().map(short);
        format!("{}  {}", pod(container), digest.unwrap_or_default())
    }));
    tree
}

fn pod(container: &Container) -> String {
    let node = container.node.as_ref().map(|node| format!(" on {node}"));
    let gone = container
        .gone_at
        .map(|at| format!(", gone since {}", second(at)));
    format!(
        "pod {}{}{}",
        container.pod,
        node.unwrap_or_default(),
        gone.unwrap_or_default()
    )
}

/// Each digest that the tag pointed to.
fn tag(tag: &Tag, chain: &Chain) -> Node {
    let mut tree = Tree::new(format!("{:<10} {}", "tag", tag.name));
    for period in &tag.pointed_to {
        let when = match (period.from, period.until) {
            (Some(from), Some(until)) => format!("{} to {}", second(from), second(until)),
            (Some(from), None) => format!("since {}", second(from)),
            (None, Some(until)) => format!("until {}", second(until)),
            (None, None) => "at an unknown time".to_owned(),
        };
        let by = period.produced_by.as_ref();
        let by = by.map(|by| format!("  by {by}"));
        let runs = chain.images.first().is_some_and(|image| {
            !chain.containers.is_empty()
                && !image.equally_likely
                && image.image.ends_with(&period.digest)
        });
        tree.push(Tree::new(format!(
            "{when}  {}{}{}",
            short(&period.digest),
            by.unwrap_or_default(),
            if runs { "  <- this one runs" } else { "" }
        )));
    }
    tree
}

/// How an image is told to be meant or run.
fn relation(image: &ImageHop, runs: bool, is_first: bool) -> &'static str {
    match (runs, image.equally_likely, is_first) {
        (true, true, _) => "may run",
        (true, false, true) => "runs",
        (true, false, false) => "or runs",
        (false, true, _) => "may be",
        (false, false, true) => "is",
        (false, false, false) => "or is",
    }
}
